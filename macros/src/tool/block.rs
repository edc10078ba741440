//! Parsed block, as the checks read it.

use super::ast::Keys;
use super::parameter::{Parameter, ParameterLocation};

/// Keys and parameters of a tool, with its name for messages.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) keys: &'a Keys,
    pub(super) parameters: &'a [Parameter],
    pub(super) tool: &'a str,
}

impl<'a> Block<'a> {
    /// Returns the parameters with this location.
    pub(super) fn located(
        self,
        location: &ParameterLocation,
    ) -> impl Iterator<Item = &'a Parameter> {
        let parameters = self.parameters.iter();
        parameters.filter(move |parameter| parameter.location == *location)
    }

    /// Returns the parameters that callers can set.
    pub(super) fn shown(self) -> impl Iterator<Item = &'a Parameter> {
        let parameters = self.parameters.iter();
        parameters.filter(|parameter| parameter.hidden.is_none())
    }

    /// Returns whether the body has a member with this name.
    pub(super) fn has_member(self, name: &str) -> bool {
        self.located(&ParameterLocation::Body)
            .any(|parameter| parameter.wire() == name)
    }
}
