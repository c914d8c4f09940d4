"""Calls operations in process: parses nothing, but checks input and output against the model."""

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from devopsweb.awsapi import registry
from devopsweb.awsapi.errors import AwsError
from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from devopsweb.kernel.errors import DevOpsWebError
from devopsweb.kernel.principals import Principal

S = botocore.session.get_session()


def aws(who):
    p = who if isinstance(who, Principal) else iam.principal_of(who)

    def run(service, operation, **params):
        m = S.get_service_model(service).operation_model(operation)
        if m.input_shape:
            r = ParamValidator().validate(params, m.input_shape)
            assert not r.has_errors(), r.generate_report()
        s = registry.find(service)
        call = registry.Call(
            service=service,
            operation=operation,
            principal=p,
            request_id="r",
            at=clock.now(),
            base_url="http://localhost:8000",
        )
        try:
            out = s.operations[operation].function(call, params) or {}
        except iam.AccessDenied as e:
            raise ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": str(e)}}, operation
            ) from None
        except AwsError as e:
            raise ClientError({"Error": {"Code": e.code, "Message": str(e)}}, operation) from None
        except DevOpsWebError as e:
            code = s.code_of(e) or type(e).__name__
            raise ClientError({"Error": {"Code": code, "Message": str(e)}}, operation) from None
        if m.output_shape:
            r = ParamValidator().validate(out, m.output_shape)
            assert not r.has_errors(), (out, r.generate_report())
        else:
            assert out == {}, out
        return out

    return run
