"""What following live costs: the product beside a bare ASGI app, graphql-ws on Node and Strawberry as it comes."""
