//! Who sends a request: their rights, and how far these reach.

use super::{ADMIN, ANYBODY, CALLS, CAMPAIGNS, READ, SCOPES, STAFF};
use crate::store::grants::Reach;
use crate::store::keys::ApiKey;
use crate::store::users::{Role, User};

/// Somebody who is known to us.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Id of the key or the user.
    pub(crate) id: String,
    /// Their name.
    pub(crate) name: String,
    /// What kind of somebody.
    pub(crate) actor: Actor,
    /// Campaigns that they are confined to.
    pub(crate) reach: Reach,
    rights: Rights,
}

/// A program or a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// An API key.
    Key,
    /// A command of this program, by whoever owns the machine.
    Command,
    /// A person.
    User {
        /// Their role.
        role: Role,
        /// Their password must be changed before anything else.
        once: bool,
        /// Hash of their session's cookie.
        session: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    Everything,
    Scopes(u8),
}

impl Identity {
    pub(super) fn of_key(key: ApiKey) -> Identity {
        let rights = match key.scopes.iter().any(|scope| scope == ADMIN) {
            true => Rights::Everything,
            false => {
                let held = SCOPES
                    .iter()
                    .filter(|(name, _)| key.scopes.iter().any(|s| s == name));
                Rights::Scopes(held.fold(ANYBODY, |bits, (_, bit)| bits | bit))
            }
        };
        let reach = match key.confined {
            true => Reach::Granted(key.id.clone()),
            false => Reach::Everything,
        };
        Identity {
            id: key.id,
            name: key.name,
            actor: Actor::Key,
            reach,
            rights,
        }
    }

    pub(crate) fn of_user(user: User, session: String) -> Identity {
        let rights = match user.role {
            _ if user.password_once => Rights::Scopes(ANYBODY),
            Role::Admin => Rights::Everything,
            Role::Staff => Rights::Scopes(ANYBODY | READ | CALLS | CAMPAIGNS | STAFF),
            Role::Partner => Rights::Scopes(ANYBODY | READ | CALLS | CAMPAIGNS),
            Role::Viewer => Rights::Scopes(ANYBODY | READ),
        };
        let reach = match user.role {
            Role::Partner => Reach::Granted(user.id.clone()),
            Role::Admin | Role::Staff | Role::Viewer => Reach::Everything,
        };
        Identity {
            id: user.id,
            name: user.name,
            actor: Actor::User {
                role: user.role,
                once: user.password_once,
                session,
            },
            reach,
            rights,
        }
    }

    /// A command of this program: whoever can run it has the database anyway.
    pub(crate) fn of_command(name: &str) -> Identity {
        Identity {
            id: String::new(),
            name: name.to_owned(),
            actor: Actor::Command,
            reach: Reach::Everything,
            rights: Rights::Everything,
        }
    }

    /// Whether one of the scopes in `allowed` (or `admin`) is theirs, however far they reach: `reach` says that.
    pub(crate) fn has(&self, allowed: u8) -> bool {
        match self.rights {
            Rights::Everything => true,
            Rights::Scopes(held) => held & allowed != 0,
        }
    }

    /// `key`, `user` or `command`, as the audit has it.
    pub(crate) fn kind(&self) -> &'static str {
        match self.actor {
            Actor::Key => "key",
            Actor::Command => "command",
            Actor::User { .. } => "user",
        }
    }

    /// The words of the scopes that are theirs.
    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        let held = SCOPES.iter().filter(|(name, bit)| match self.rights {
            Rights::Everything => true,
            Rights::Scopes(held) => *name != ADMIN && held & bit != 0,
        });
        held.map(|(name, _)| *name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ADMIN_ONLY, OPS};
    use super::*;

    fn key(scope: &str) -> Identity {
        Identity::of_key(ApiKey {
            id: String::new(),
            name: String::new(),
            hash: String::new(),
            scopes: vec![scope.to_owned()],
            confined: false,
            created_at: 0,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        })
    }

    fn user(role: Role, password_once: bool) -> Identity {
        let user = User {
            id: "u".to_owned(),
            name: String::new(),
            email: String::new(),
            role,
            enabled: true,
            password_once,
            created_at: 0,
            updated_at: 0,
            last_login_at: None,
        };
        Identity::of_user(user, String::new())
    }

    #[test]
    fn a_scope_opens_its_routes_and_admin_opens_all() {
        for (name, bit) in SCOPES {
            for (_, other) in SCOPES {
                assert_eq!(
                    key(name).has(other),
                    name == ADMIN || (bit == other && other != ADMIN_ONLY),
                    "{name} {other}"
                );
            }
        }
    }

    #[test]
    fn a_role_opens_what_it_says() {
        let rights = |role, once| {
            let who = user(role, once);
            let bits = [ADMIN_ONLY, OPS, STAFF, CAMPAIGNS, CALLS, READ, ANYBODY];
            let opens: String = bits
                .map(|bit| if who.has(bit) { 'x' } else { '-' })
                .iter()
                .collect();
            opens
        };
        assert_eq!(rights(Role::Admin, false), "xxxxxxx");
        assert_eq!(rights(Role::Staff, false), "--xxxxx");
        assert_eq!(rights(Role::Partner, false), "---xxxx");
        assert_eq!(rights(Role::Viewer, false), "-----xx");
        for role in Role::ALL {
            assert_eq!(rights(*role, true), "------x", "{role} before the first change");
        }
    }
}
