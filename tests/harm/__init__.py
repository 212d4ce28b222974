"""What a program does with gradtui beside it, held against what it does without."""
