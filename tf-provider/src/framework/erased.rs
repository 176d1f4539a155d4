//! Resources and data sources of any model behind one object-safe face that speaks in values.

use std::future::Future;
use std::pin::Pin;

use super::context::{Apply, Context};
use super::diagnostic::Diagnostics;
use super::failure::Failure;
use super::model::{Mismatch, Model};
use super::private::Private;
use super::resource::{Config, DataSource, DefaultTimeouts, Edits, Plan, Resource, schema_of};
use super::schema::Schema;
use super::scope::Scope;
use crate::value::Value;

/// A future without a name.
pub(super) type Future_<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A resource of any model.
pub(super) trait AnyResource<C>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn identity_schema(&self) -> Schema;
    fn timeouts(&self) -> DefaultTimeouts;
    fn mutable_identity(&self) -> bool;
    fn label(&self, object: &Value) -> String;
    fn identity(&self, client: &C, object: &Value) -> Result<Value, Failure>;
    fn scope(&self, client: &C) -> Scope;
    fn import_id(&self, id: &str) -> Result<Value, String>;
    fn imported(&self, identity: &Value) -> Result<Value, Failure>;
    fn validate(&self, config: &Value) -> Result<Diagnostics, Mismatch>;
    fn adjust(&self, plan: PlanInput<'_>, client: Option<&C>) -> Result<Edits, Failure>;
    fn check<'a>(
        &'a self,
        client: &'a C,
        plan: PlanInput<'a>,
        context: &'a Context,
    ) -> Future_<'a, Diagnostics>;
    fn create<'a>(
        &'a self,
        client: &'a C,
        planned: Value,
        context: Context,
    ) -> Future_<'a, Result<Value, Failure>>;
    fn read<'a>(
        &'a self,
        client: &'a C,
        state: Value,
        context: Context,
    ) -> Future_<'a, Result<Option<Value>, Failure>>;
    fn update<'a>(
        &'a self,
        client: &'a C,
        prior: Value,
        planned: Value,
        context: Context,
    ) -> Future_<'a, Result<Value, Failure>>;
    fn delete<'a>(
        &'a self,
        client: &'a C,
        state: Value,
        context: Context,
    ) -> Future_<'a, Result<(), Failure>>;
    fn upgrade(&self, from: i64, state: serde_json::Value) -> Result<serde_json::Value, String>;
}

/// What a plan is made of.
#[derive(Clone, Copy)]
pub(super) struct PlanInput<'a> {
    pub(super) config: &'a Value,
    pub(super) prior: &'a Value,
    pub(super) planned: &'a Value,
    pub(super) private: &'a Private,
}

/// A resource behind its object-safe face.
pub(super) struct Erased<R>(pub(super) R);

fn decode<M: Model>(value: &Value) -> Result<M, Failure> {
    M::from_value(value).map_err(|mismatch| wrong_type(&mismatch))
}

fn wrong_type(mismatch: &Mismatch) -> Failure {
    Failure::bug(format!("A value has another type than the schema says, at {mismatch}."))
        .at(mismatch.path.clone())
}

impl<R: Resource> AnyResource<R::Client> for Erased<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn schema(&self) -> Schema {
        schema_of::<R>()
    }

    fn identity_schema(&self) -> Schema {
        R::Identity::schema()
    }

    fn timeouts(&self) -> DefaultTimeouts {
        R::TIMEOUTS
    }

    fn mutable_identity(&self) -> bool {
        R::MUTABLE_IDENTITY
    }

    fn label(&self, object: &Value) -> String {
        R::Model::from_value(object).map(|model| self.0.label(&model)).unwrap_or_default()
    }

    fn identity(&self, client: &R::Client, object: &Value) -> Result<Value, Failure> {
        use super::model::AttributeValue as _;
        Ok(self.0.identity(client, &decode(object)?).encode())
    }

    fn scope(&self, client: &R::Client) -> Scope {
        self.0.scope(client)
    }

    fn import_id(&self, id: &str) -> Result<Value, String> {
        use super::model::AttributeValue as _;
        Ok(self.0.parse_import_id(id)?.encode())
    }

    fn imported(&self, identity: &Value) -> Result<Value, Failure> {
        use super::model::AttributeValue as _;
        Ok(self.0.imported(decode(identity)?)?.encode())
    }

    fn validate(&self, config: &Value) -> Result<Diagnostics, Mismatch> {
        let view = R::Model::view_of(config)?;
        let mut found = Diagnostics::new();
        self.0.validate(&Config { view, value: config }, &mut found);
        Ok(found)
    }

    fn adjust(&self, input: PlanInput<'_>, client: Option<&R::Client>) -> Result<Edits, Failure> {
        let mut plan = Plan::new(input.config, input.prior, input.planned, input.private)
            .map_err(|mismatch| wrong_type(&mismatch))?;
        self.0.adjust_plan(&mut plan, client);
        Ok(plan.into_edits())
    }

    fn check<'a>(
        &'a self,
        client: &'a R::Client,
        input: PlanInput<'a>,
        context: &'a Context,
    ) -> Future_<'a, Diagnostics> {
        Box::pin(async move {
            match Plan::new(input.config, input.prior, input.planned, input.private) {
                Ok(plan) => self.0.check_plan(client, &plan, context).await,
                Err(mismatch) => wrong_type(&mismatch).describe(context.verb(), &context.object()).into(),
            }
        })
    }

    fn create<'a>(
        &'a self,
        client: &'a R::Client,
        planned: Value,
        context: Context,
    ) -> Future_<'a, Result<Value, Failure>> {
        use super::model::AttributeValue as _;
        Box::pin(async move {
            let planned = decode(&planned)?;
            Ok(self.0.create(client, planned, &Apply::new(context)).await?.encode())
        })
    }

    fn read<'a>(
        &'a self,
        client: &'a R::Client,
        state: Value,
        context: Context,
    ) -> Future_<'a, Result<Option<Value>, Failure>> {
        use super::model::AttributeValue as _;
        Box::pin(async move {
            let state = decode(&state)?;
            Ok(self.0.read(client, state, &context).await?.map(|model| model.encode()))
        })
    }

    fn update<'a>(
        &'a self,
        client: &'a R::Client,
        prior: Value,
        planned: Value,
        context: Context,
    ) -> Future_<'a, Result<Value, Failure>> {
        use super::model::AttributeValue as _;
        Box::pin(async move {
            let (prior, planned) = (decode(&prior)?, decode(&planned)?);
            Ok(self.0.update(client, prior, planned, &Apply::new(context)).await?.encode())
        })
    }

    fn delete<'a>(
        &'a self,
        client: &'a R::Client,
        state: Value,
        context: Context,
    ) -> Future_<'a, Result<(), Failure>> {
        Box::pin(async move {
            let state = decode(&state)?;
            self.0.delete(client, state, &Apply::new(context)).await
        })
    }

    fn upgrade(&self, from: i64, state: serde_json::Value) -> Result<serde_json::Value, String> {
        self.0.upgrade(from, state)
    }
}

/// A data source of any model.
pub(super) trait AnyDataSource<C>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Value) -> Result<Diagnostics, Mismatch>;
    fn read<'a>(
        &'a self,
        client: Result<&'a C, Failure>,
        config: Value,
        context: Context,
    ) -> Future_<'a, Result<Value, Failure>>;
}

/// A data source behind its object-safe face.
pub(super) struct ErasedData<D>(pub(super) D);

impl<D: DataSource> AnyDataSource<D::Client> for ErasedData<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn schema(&self) -> Schema {
        D::Model::schema()
    }

    fn validate(&self, config: &Value) -> Result<Diagnostics, Mismatch> {
        let view = D::Model::view_of(config)?;
        let mut found = Diagnostics::new();
        self.0.validate(&Config { view, value: config }, &mut found);
        Ok(found)
    }

    fn read<'a>(
        &'a self,
        client: Result<&'a D::Client, Failure>,
        config: Value,
        context: Context,
    ) -> Future_<'a, Result<Value, Failure>> {
        use super::model::AttributeValue as _;
        Box::pin(async move {
            let config = decode(&config)?;
            Ok(self.0.read(client, config, &context).await?.encode())
        })
    }
}
