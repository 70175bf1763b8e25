//! What a person can do on each page.

use super::{page::Page, person::Person};

/// A reason for staff. No page for a user may show it.
pub const STAFF_REASON: &str = "ticket 4711, seen in a café";
/// A reason for the user.
pub const USER_REASON: &str = "We saw a login from a place you were not";

impl Person<'_> {
    /// Registers an account.
    pub async fn registers(&mut self) -> Page {
        let (name, email, password) = (self.name.clone(), self.email.clone(), self.password.clone());
        self.registers_as(&name, &email, &password).await
    }

    /// Submits the registration form.
    pub async fn registers_as(&mut self, name: &str, email: &str, password: &str) -> Page {
        let fields = [("username", name), ("email", email), ("password", password), ("password_again", password)];
        self.posts("/register", &fields).await
    }

    /// Sets up the site with the printed code.
    pub async fn sets_up(&mut self, code: &str) -> Page {
        let password = self.password.clone();
        self.sets_up_with(code, &password).await
    }

    /// Sets up the site with the printed code and this password.
    pub async fn sets_up_with(&mut self, code: &str, password: &str) -> Page {
        let (name, email) = (self.name.clone(), self.email.clone());
        let fields = [
            ("setup_code", code),
            ("username", &*name),
            ("email", &*email),
            ("password", password),
            ("password_again", password),
        ];
        self.posts("/setup", &fields).await
    }

    /// Logs in with their username and password.
    pub async fn logs_in(&mut self) -> Page {
        self.logs_in_with(&[]).await
    }

    /// Logs in with extra fields. A field that the login form already has is replaced.
    pub async fn logs_in_with(&mut self, more: &[(&str, &str)]) -> Page {
        let (name, password) = (self.name.clone(), self.password.clone());
        let mut fields = vec![("username", &*name), ("password", &*password)];
        fields.retain(|(field, _)| !more.iter().any(|(given, _)| given == field));
        fields.extend(more);
        self.posts("/login", &fields).await
    }

    /// Logs out.
    pub async fn logs_out(&mut self) -> Page {
        self.posts("/logout", &[]).await
    }

    /// Changes the email.
    pub async fn changes_email(&mut self, email: &str) -> Page {
        let password = self.password.clone();
        self.posts("/account/profile", &[("email", email), ("password", &password)]).await
    }

    /// Changes the password.
    pub async fn changes_password(&mut self, to: &str) -> Page {
        let current = self.password.clone();
        let fields = [("current_password", &*current), ("password", to), ("password_again", to)];
        let page = self.posts("/account/password", &fields).await;
        if page.status == 303 {
            to.clone_into(&mut self.password);
        }
        page
    }

    /// Forces another user out, with both reasons.
    pub async fn forces_out(&mut self, other: &Person<'_>) -> Page {
        self.forces_out_at(other, "").await
    }

    /// Forces another user out at a given time, with both reasons. An empty `at` means now.
    pub async fn forces_out_at(&mut self, other: &Person<'_>, at: &str) -> Page {
        let fields = [("at", at), ("staff_reason", STAFF_REASON), ("user_reason", USER_REASON)];
        self.posts(&format!("/admin/users/{}/force-logout", other.id), &fields).await
    }

    /// Forces everyone out, with both reasons and the password.
    pub async fn forces_everyone_out(&mut self) -> Page {
        self.forces_everyone_out_at("").await
    }

    /// Forces everyone out at a given time. An empty `at` means now.
    pub async fn forces_everyone_out_at(&mut self, at: &str) -> Page {
        let password = self.password.clone();
        let fields =
            [("at", at), ("staff_reason", STAFF_REASON), ("user_reason", USER_REASON), ("password", &password)];
        self.posts("/admin/force-logout", &fields).await
    }

    /// Changes another user's role.
    pub async fn gives_role(&mut self, other: &Person<'_>, role: &str) -> Page {
        let password = self.password.clone();
        self.posts(&format!("/admin/users/{}/role", other.id), &[("role", role), ("password", &password)]).await
    }

    /// Deletes another user's account.
    pub async fn deletes(&mut self, other: &Person<'_>) -> Page {
        let password = self.password.clone();
        let fields = [("staff_reason", STAFF_REASON), ("password", &password)];
        self.posts(&format!("/admin/users/{}/delete", other.id), &fields).await
    }

    /// Deletes the person's own account.
    pub async fn deletes_own_account(&mut self) -> Page {
        let password = self.password.clone();
        self.posts("/account/delete", &[("password", &password)]).await
    }

    /// Deactivates another user, with both reasons, until a given time or for good.
    pub async fn deactivates(&mut self, other: &Person<'_>, until: &str) -> Page {
        let fields = [("until", until), ("staff_reason", STAFF_REASON), ("user_reason", USER_REASON)];
        self.posts(&format!("/admin/users/{}/deactivate", other.id), &fields).await
    }

    /// Activates another user.
    pub async fn activates(&mut self, other: &Person<'_>) -> Page {
        self.posts(&format!("/admin/users/{}/activate", other.id), &[("staff_reason", STAFF_REASON)]).await
    }

    /// Whether the site considers the person logged in.
    pub async fn is_logged_in(&mut self) -> bool {
        let page = self.opens("/account").await;
        match (page.status, page.location()) {
            (200, _) => true,
            (303, "/login?next=%2Faccount") => false,
            _ => panic!("neither logged in nor logged out: {page:#?}"),
        }
    }
}
