"""Findings held against what intrusion sets are said to use: rivals, odds, and *unknown*."""
