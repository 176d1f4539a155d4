//! Strategies for types and values of them, for the property tests of both encodings.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::codec::nfc;
use crate::value::{Bound, Number, Refinement, Type, Value};

/// Whether a strategy yields unknown values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknowns {
    Some,
    None,
}

/// Types of at most four levels.
pub(super) fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String), Just(Type::Dynamic)];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            vec(inner.clone(), 0..4).prop_map(Type::Tuple),
            btree_map("[a-z_]{1,5}", inner, 0..4).prop_map(|types| Type::Object(types, BTreeSet::new())),
        ]
    })
}

/// A type and a value of it.
pub(super) fn any_typed(unknowns: Unknowns) -> impl Strategy<Value = (Type, Value)> {
    any_type().prop_flat_map(move |ty| (Just(ty.clone()), any_of(&ty, unknowns, 2)))
}

/// Values of the type, in which values of dynamic type nest up to `dynamics` times.
fn any_of(ty: &Type, unknowns: Unknowns, dynamics: u32) -> BoxedStrategy<Value> {
    let inner = |ty: &Type| any_of(ty, unknowns, dynamics);
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => any_number().prop_map(Value::Number).boxed(),
        Type::String => any_text().prop_map(Value::from).boxed(),
        Type::Dynamic if dynamics == 0 => Just(Value::Null).boxed(),
        Type::Dynamic => any_type()
            .prop_filter("dynamic within dynamic is not canonical", |ty| *ty != Type::Dynamic)
            .prop_flat_map(move |ty| (Just(ty.clone()), any_of(&ty, unknowns, dynamics - 1)))
            .prop_map(|typed| Value::Dynamic(Box::new(typed)))
            .boxed(),
        Type::List(element) => vec(inner(element), 0..4).prop_map(Value::List).boxed(),
        Type::Set(element) => vec(inner(element), 0..4).prop_map(Value::set).boxed(),
        Type::Map(element) => btree_map(any_text(), inner(element), 0..4).prop_map(Value::Map).boxed(),
        Type::Tuple(types) => types.iter().map(inner).collect::<Vec<_>>().prop_map(Value::List).boxed(),
        Type::Object(attributes, _) => {
            let members = attributes.iter().map(|(name, ty)| (Just(name.clone()), inner(ty)));
            members.collect::<Vec<_>>().prop_map(Value::object).boxed()
        }
    };
    match unknowns {
        Unknowns::Some => prop_oneof![
            8 => known,
            1 => Just(Value::Null),
            1 => any_refinement(ty).prop_map(Value::Unknown),
        ]
        .boxed(),
        Unknowns::None => prop_oneof![8 => known, 1 => Just(Value::Null)].boxed(),
    }
}

fn any_text() -> impl Strategy<Value = String> {
    // Half of them with characters whose normal form differs from them.
    prop_oneof!["\\PC{0,8}", "[a-zé\u{301}\u{212b}\u{1100}\u{1161}]{0,8}"].prop_map(|text| nfc(&text))
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-300_i64..300).prop_map(Number::from),
        any::<f64>().prop_filter_map("not finite", Number::from_f64),
        "-?[0-9]{1,160}(\\.[0-9]{1,40})?".prop_map(|text| text.parse().unwrap()),
    ]
}

fn any_bound() -> impl Strategy<Value = Bound> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        "-?[0-9]{1,100}\\.[0-9]{1,40}".prop_map(|text| text.parse().unwrap()),
    ];
    (number, any::<bool>()).prop_map(|(number, inclusive)| Bound { number, inclusive })
}

fn any_refinement(ty: &Type) -> BoxedStrategy<Refinement> {
    let null = option::of(any::<bool>());
    match ty {
        Type::Dynamic => Just(Refinement::NONE).boxed(),
        Type::String => (null, option::of(any_text()))
            .prop_map(|(null, prefix)| Refinement { null, prefix, ..Refinement::NONE })
            .boxed(),
        Type::Number => (null, option::of(any_bound()), option::of(any_bound()))
            .prop_map(|(null, lower, upper)| Refinement { null, lower, upper, ..Refinement::NONE })
            .boxed(),
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            (null, option::of(any::<u64>()), option::of(any::<u64>()))
                .prop_map(|(null, min_length, max_length)| Refinement {
                    null,
                    min_length,
                    max_length,
                    ..Refinement::NONE
                })
                .boxed()
        }
        Type::Bool | Type::Tuple(_) | Type::Object(..) => {
            null.prop_map(|null| Refinement { null, ..Refinement::NONE }).boxed()
        }
    }
}
