"""The GraphQL API: types in, types out; rules live a floor below."""
