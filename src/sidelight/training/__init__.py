"""Training: evidence made to practise on."""
