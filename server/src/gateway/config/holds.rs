//! What only a configuration file needs of the gateway.

use crate::gateway::error::ServiceError;
use crate::gateway::model::{AccountInput, NewServer, Principal, ServerInput};
use crate::gateway::service::Gateway;

impl Gateway {
    /// Whether an account is exactly this, its secrets included.
    pub(super) async fn holds(
        &self,
        _id: &str,
        _input: &AccountInput,
    ) -> Result<bool, ServiceError> {
        Ok(false)
    }

    /// Makes a server, with this token if there is one.
    pub(super) async fn create_server_with(
        &self,
        who: &Principal,
        account_id: &str,
        input: ServerInput,
        _token: Option<&str>,
    ) -> Result<NewServer, ServiceError> {
        self.create_server(who, account_id, input).await
    }
}
