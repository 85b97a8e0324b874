from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_brand_studio")]

    operations = [migrations.RemoveField(model_name="brand", name="logo_png")]
