"""Signing in, one's own settings, and the pages of access."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from devopsweb.iam.views import credentials, people, permissions, policies, roles, sessions, simulator

urlpatterns = [
    path("login/", login_not_required(sessions.SignIn.as_view()), name="login"),
    path("login/password/", login_not_required(sessions.new_password), name="login-password"),
    path("logout/", login_not_required(sessions.SignOut.as_view()), name="logout"),
    path("settings/", sessions.settings, name="settings"),
    path("settings/sessions/end/", sessions.end_other_sessions, name="end-other-sessions"),
    path("settings/sessions/<int:session_id>/end/", sessions.end_session, name="end-session"),
    path("access/", people.index, name="access"),
    path("access/new-user/", people.user_create, name="user-create"),
    path("access/new-group/", people.group_create, name="group-create"),
    path("access/new-role/", roles.create, name="role-create"),
    path("access/new-policy/", policies.policy_create, name="policy-create"),
    path("access/simulate/", simulator.simulate, name="simulate"),
    path("access/users/", people.user_list, name="users"),
    path("access/users/<str:name>/", people.user_detail, name="user"),
    path("access/users/<str:name>/change/", people.user_change, name="user-change"),
    path("access/users/<str:name>/password/", people.user_password, name="user-password"),
    path("access/users/<str:name>/join/", people.user_join, name="user-join"),
    path("access/users/<str:name>/sign-out/", people.user_sign_out, name="user-sign-out"),
    path("access/users/<str:name>/keys/", credentials.access_keys, name="user-keys"),
    path("access/users/<str:name>/git/", credentials.git_credentials, name="user-git"),
    path("access/users/<str:name>/delete/", people.user_delete, name="user-delete"),
    path("access/groups/", people.group_list, name="groups"),
    path("access/groups/<str:name>/", people.group_detail, name="group"),
    path("access/groups/<str:name>/members/", people.group_member, name="group-member"),
    path("access/groups/<str:name>/delete/", people.group_delete, name="group-delete"),
    path("access/roles/", people.role_list, name="roles"),
    path("access/roles/<str:name>/", roles.detail, name="role"),
    path("access/roles/<str:name>/change/", roles.change, name="role-change"),
    path("access/roles/<str:name>/trust/", roles.trust, name="role-trust"),
    path("access/roles/<str:name>/revoke/", roles.revoke, name="role-revoke"),
    path("access/roles/<str:name>/delete/", roles.delete, name="role-delete"),
    path("access/policies/", policies.policy_list, name="policies"),
    path("access/policies/<str:name>/", policies.policy_detail, name="policy"),
    path("access/policies/<str:name>/versions/", policies.policy_versions, name="policy-versions"),
    path("access/policies/<str:name>/attach/", policies.policy_attach, name="policy-attach"),
    path("access/policies/<str:name>/delete/", policies.policy_delete, name="policy-delete"),
    re_path(
        r"^access/(?P<kind>user|group|role)s/(?P<name>[^/]+)/attach/$", people.attach, name="attach-policy"
    ),
    re_path(
        r"^access/(?P<kind>user|group|role)s/(?P<name>[^/]+)/detach/$", people.detach, name="detach-policy"
    ),
    re_path(
        r"^access/(?P<kind>user|group|role)s/(?P<name>[^/]+)/inline/$",
        permissions.inline_policy,
        name="inline-policy",
    ),
    re_path(
        r"^access/(?P<kind>user|role)s/(?P<name>[^/]+)/boundary/$", permissions.boundary, name="boundary"
    ),
    re_path(r"^access/(?P<kind>user|role)s/(?P<name>[^/]+)/tags/$", permissions.tags, name="tags"),
]
