"""What joins the work of an open project to the parts of the window, one part a file."""
