"""A small English grammar and its minimal pairs: does a model remember its subject's number?"""
