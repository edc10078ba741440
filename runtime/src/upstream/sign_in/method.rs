//! Selects the sign-in method of an operation: that of its document, otherwise that of its API.

use crate::tool::api::{Api, Document, SignIn};

/// Sign-in method of an operation.
#[derive(Clone, Copy)]
pub(crate) struct SignInMethod {
    /// API of the operation.
    pub(crate) api: &'static Api,
    /// Name and sign-in method of the document, if the document has its own method.
    own: Option<(&'static str, &'static SignIn)>,
}

impl SignInMethod {
    /// Creates the sign-in method for the operations of a document; without a document, that of the API.
    pub(crate) fn new(api: &'static Api, document: Option<&'static Document>) -> Self {
        let own = document.and_then(|it| Some((it.name, it.sign_in.as_ref()?)));
        Self { api, own }
    }

    /// Returns how a user name and a password are used.
    pub(crate) fn sign_in(&self) -> &'static SignIn {
        self.own.map_or(&self.api.sign_in, |(_, sign_in)| sign_in)
    }

    /// Returns the name of the document that defines the sign-in method; empty if the API defines it.
    pub(crate) fn name(&self) -> &'static str {
        self.own.map_or("", |(name, _)| name)
    }
}
