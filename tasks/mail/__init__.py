"""Mail: letters made from facts and templates, and how they leave the house."""
