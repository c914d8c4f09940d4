"""The wire door: AWS's protocols in and out, driven by the botocore models; no domain, no tables."""
