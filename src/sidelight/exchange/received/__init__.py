"""What allies sent becomes hunts over what is kept here; nothing received ever blocks anything."""
