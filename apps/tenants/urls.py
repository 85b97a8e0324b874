"""Addresses of the brand's own files."""

from django.urls import path

from apps.tenants import views

app_name = "tenants"
urlpatterns = [
    path("brand/theme.css", views.brand_stylesheet, name="brand-css"),
    path("brand/logo.png", views.brand_logo, name="brand-logo"),
    path("gallery/", views.gallery, name="gallery"),
]
