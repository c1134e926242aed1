"""Small files of every format, made from one picture whose every pixel is known."""
