//! Tool of one catalogue, with everything that its types refer to.

use crate::catalog::{Api, ModuleTypes, Operation, Toolset};

/// Operation with the module and the API that define its types.
#[derive(Clone, Copy)]
pub(super) struct Side<'c> {
    pub(super) api: &'c Api,
    pub(super) toolset: &'c Toolset,
    pub(super) operation: &'c Operation,
}

impl<'c> Side<'c> {
    pub(super) fn find(api: &'c Api, name: &str) -> Option<Self> {
        api.toolsets.iter().find_map(|toolset| {
            let mut operations = toolset.operations.iter();
            let operation = operations.find(|it| it.tool_name == name)?;
            Some(Self {
                api,
                toolset,
                operation,
            })
        })
    }

    pub(super) fn types(self) -> ModuleTypes<'c> {
        ModuleTypes::of(&self.api.types, self.toolset)
    }
}
