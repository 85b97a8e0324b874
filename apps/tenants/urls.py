"""Addresses of the brand's own files."""

from django.urls import path

from apps.tenants import views

app_name = "tenants"
urlpatterns = [
    path("brand/theme.css", views.brand_stylesheet, name="brand-css"),
    path("brand/icon", views.brand_icon, name="brand-icon"),
    path("brand/pictures/<str:digest>", views.brand_picture, name="brand-picture"),
    path("gallery/", views.gallery, name="gallery"),
]
