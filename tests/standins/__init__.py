"""What stands in for the software of others in tests: it speaks as theirs does, and checks what it is told."""
