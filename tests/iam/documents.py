"""Policies that several files write into IAM."""

READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "codebuild:Get*", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
