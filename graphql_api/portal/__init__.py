"""Pages that a link in mail opens: for people who need not sign in, in browsers that run no scripts."""
