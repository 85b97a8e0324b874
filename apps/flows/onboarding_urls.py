"""Addresses of onboarding: the board, the wizard's steps, and the page behind a customer's link."""

from django.urls import path

from apps.flows.views import onboarding, onboarding_flow_steps, onboarding_shared, onboarding_steps

_ONE = "<uuid:customer_id>"
urlpatterns = [
    path("", onboarding.onboarding_board, name="onboarding-board"),
    path("start/", onboarding.onboarding_start, name="onboarding-start"),
    path("link/<str:token>/", onboarding_shared.onboarding_shared, name="onboarding-shared"),
    path(f"{_ONE}/", onboarding.onboarding_checklist, name="onboarding-checklist"),
    path(f"{_ONE}/notes/", onboarding.onboarding_notes, name="onboarding-notes"),
    path(f"{_ONE}/owner/", onboarding.onboarding_owner, name="onboarding-owner"),
    path(f"{_ONE}/connect/<slug:system>/", onboarding_steps.onboarding_connect, name="onboarding-connect"),
    path(f"{_ONE}/test/<uuid:connection_id>/", onboarding_steps.onboarding_test, name="onboarding-test"),
    path(f"{_ONE}/trial/<uuid:flow_id>/", onboarding_flow_steps.onboarding_trial, name="onboarding-trial"),
    path(f"{_ONE}/asked/<uuid:invite_id>/revoke/", onboarding.onboarding_ask_revoke, name="onboarding-ask-revoke"),
    path(f"{_ONE}/<slug:step>/", onboarding_steps.onboarding_step, name="onboarding-step"),
    path(f"{_ONE}/<slug:step>/send/", onboarding.onboarding_ask, name="onboarding-ask"),
]
