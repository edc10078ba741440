//! Which sign-in a request needs: that of its API, or that of its document.

use crate::api::{Api, Document, SignIn};

/// How one signs in for an operation.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// The API of the operation.
    pub(crate) api: &'static Api,
    /// Name and sign-in of its document, if that has one of its own.
    own: Option<(&'static str, &'static SignIn)>,
}

impl Way {
    /// For the operations of a document, or for any of the API.
    pub(crate) fn new(api: &'static Api, document: Option<&'static Document>) -> Self {
        let own = document.and_then(|it| Some((it.name, it.sign_in.as_ref()?)));
        Self { api, own }
    }

    /// How a user name and a password are used.
    pub(crate) fn sign_in(&self) -> &'static SignIn {
        self.own.map_or(&self.api.sign_in, |(_, sign_in)| sign_in)
    }

    /// The document whose own way it is; empty for that of the API.
    pub(crate) fn name(&self) -> &'static str {
        self.own.map_or("", |(name, _)| name)
    }
}
