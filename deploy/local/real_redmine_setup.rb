# What Redmine lets nobody set over REST: sign-in required, the REST switch, the administrator's key, two custom fields.
# Run by `rails runner`; safe to run again. Reads password and key from REAL_REDMINE, prints the custom fields' ids.
require "json"

wanted = JSON.parse(ENV.fetch("REAL_REDMINE"))
Redmine::DefaultData::Loader.load("en") if Redmine::DefaultData::Loader.no_data?

# Without login_required a wrong key is taken for the anonymous visitor and answered 200.
Setting.login_required = "1"
Setting.rest_api_enabled = "1"
Setting.default_language = "en"
Setting.timelog_accept_future_dates = "0"

admin = User.find_by_login("admin")
admin.password = wanted.fetch("password")
admin.must_change_passwd = false
admin.language = "en"
admin.save!
Token.find_or_create_by!(user_id: admin.id, action: "api")
Token.where(user_id: admin.id, action: "api").update_all(value: wanted.fetch("api_key"))

approval = TimeEntryCustomField.find_or_initialize_by(name: "Approval")
approval.update!(field_format: "list", possible_values: %w[open submitted approved rejected], default_value: "open", is_filter: true)
number = UserCustomField.find_or_initialize_by(name: "Employee number")
number.update!(field_format: "string", is_filter: true)
puts JSON.generate(approval: approval.id, employee_number: number.id)
