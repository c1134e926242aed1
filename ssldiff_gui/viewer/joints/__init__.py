"""What joins the work of an open project to pages and views, in whatever window they stand."""
