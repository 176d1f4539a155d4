//! The encoding of values that Terraform speaks in every `DynamicValue`: MessagePack, directed by the type.
//!
//! Objects are maps with all their attributes, sets are arrays, `null` is nil, an unknown value is an
//! extension, and a value of dynamic type is a pair of its type as JSON and itself. Numbers stay exact:
//! integers that fit 64 bits travel as such, all others as decimal text, which every reader accepts and no
//! rounding touches. What a reader must accept is wider: any form of integer and binary floats too.
//!
//! Both directions are total: bytes from outside give a value or a [`super::DecodeError`], in bounded memory and
//! stack. Not supported are capsule types, which no provider can use.

mod decode;
mod encode;
mod reader;
mod refinement;

pub use decode::decode;
pub use encode::encode;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::arbitrary::{Unknowns, any_type, any_typed};
    use crate::value::{Bound, Refinement, Type, Value};

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    fn dynamic(ty: Type, value: Value) -> Value {
        Value::Dynamic(Box::new((ty, value)))
    }

    /// The bytes are the value, in both directions.
    #[track_caller]
    fn check(bytes: &str, ty: &Type, value: &Value) {
        assert_eq!(decode(&hex(bytes), ty).as_ref(), Ok(value), "decode {bytes}");
        let written = encode(value, ty).unwrap();
        assert_eq!(written, hex(bytes), "encode to {bytes}, not {written:02x?}");
    }

    /// The bytes are another way to write the value.
    #[track_caller]
    fn check_reads(bytes: &str, ty: &Type, value: &Value) {
        assert_eq!(decode(&hex(bytes), ty).as_ref(), Ok(value), "decode {bytes}");
    }

    #[track_caller]
    fn check_refused(bytes: &str, ty: &Type, expect: &str) {
        assert_eq!(decode(&hex(bytes), ty).unwrap_err().to_string(), expect, "decode {bytes}");
    }

    #[track_caller]
    fn check_unfit(value: &Value, ty: &Type, expect: &str) {
        assert_eq!(encode(value, ty).unwrap_err().to_string(), expect);
    }

    #[test]
    fn numbers_are_exact() {
        check("a3 302e31", &Type::Number, &number("0.1"));
        check("07", &Type::Number, &7.into());
        check("ff", &Type::Number, &(-1).into());
        check("d3 8000000000000000", &Type::Number, &i64::MIN.into());
        check("cf ffffffffffffffff", &Type::Number, &number("18446744073709551615"));
        let text = "1000000000000000000000000000000";
        check(
            "bf 31303030303030303030303030303030303030303030303030303030303030",
            &Type::Number,
            &number(text),
        );
        let wide = number(&format!("{}1", "9".repeat(154)));
        assert_eq!(decode(&encode(&wide, &Type::Number).unwrap(), &Type::Number), Ok(wide));
    }

    #[test]
    fn other_forms_of_numbers_are_read() {
        check_reads("d3 0000000000000007", &Type::Number, &7.into());
        check_reads("cc 07", &Type::Number, &7.into());
        check_reads("cb 3fe0000000000000", &Type::Number, &number("0.5"));
        check_reads("ca 3f000000", &Type::Number, &number("0.5"));
        check_reads("a3 316533", &Type::Number, &1000.into());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        check_refused("cb 7ff8000000000000", &Type::Number, "not a finite number");
        check_refused("ca ff800000", &Type::Number, "not a finite number");
        check_refused("a3 4e614e", &Type::Number, "not a decimal number of at most 4096 digits");
        check_refused(
            "ab 3165393939393939393939",
            &Type::Number,
            "not a decimal number of at most 4096 digits",
        );
        check_refused("c3", &Type::Number, "expected a number, found a bool");
    }

    #[test]
    fn unknown_values() {
        check("d40000", &Type::String, &Value::UNKNOWN);
        check("d40000", &Type::Dynamic, &Value::UNKNOWN);
        check_reads("c70000", &Type::String, &Value::UNKNOWN);
        check_reads("d40c80", &Type::String, &Value::UNKNOWN);
        check_reads("d5050102", &Type::Bool, &Value::UNKNOWN);
        check_reads("c7030c8101c2", &Type::Dynamic, &Value::UNKNOWN);
    }

    #[test]
    fn refinements_survive() {
        let known = Refinement { null: Some(false), ..Refinement::NONE };
        let prefix = Refinement { prefix: Some("x-".to_owned()), ..known.clone() };
        check("c7070c 82 01c2 02a2782d", &Type::String, &Value::Unknown(prefix));
        let bounds = Refinement {
            lower: Some(Bound { number: 1_i64.into(), inclusive: true }),
            upper: Some(Bound { number: "2.7".parse().unwrap(), inclusive: false }),
            ..known.clone()
        };
        check("c70e0c 83 01c2 039201c3 0492a3322e37c2", &Type::Number, &Value::Unknown(bounds));
        let lengths = Refinement { min_length: Some(1), max_length: Some(300), ..known.clone() };
        check("c7090c 83 01c2 0501 06cd012c", &Type::list(Type::String), &Value::Unknown(lengths));
        // A key that nobody knows yet, with a nested value.
        check_reads("c70a0c 82 01c2 2a9381c0c0a000", &Type::Bool, &Value::Unknown(known));
    }

    #[test]
    fn refinements_that_make_no_sense_are_refused() {
        let inapplicable = "a refinement that does not apply to the type";
        check_refused("c7030c 8102a0", &Type::Number, inapplicable);
        check_refused("c7030c 810500", &Type::String, inapplicable);
        check_refused("c7040c 8102a000", &Type::String, "bytes after the value");
        check_refused("c7040c 81039101", &Type::Number, "expected a number and whether it is included");
        check_refused(
            "c7040c 8105d0ff",
            &Type::list(Type::Bool),
            "expected a count, found something else or the end of the bytes",
        );
        let oversized = format!("c804010c 8102da03fd {}", "61".repeat(0x3fd - 1));
        check_refused(&oversized, &Type::String, "a refinement of more than 1024 bytes");
        let prefix = Value::Unknown(Refinement { prefix: Some(String::new()), ..Refinement::NONE });
        check_unfit(&prefix, &Type::Bool, inapplicable);
    }

    #[test]
    fn long_refinements_are_cut_to_what_is_still_true() {
        let long = Refinement { prefix: Some("é".repeat(2000)), ..Refinement::NONE };
        let cut = Refinement { prefix: Some("é".repeat(128)), ..Refinement::NONE };
        let bytes = encode(&Value::Unknown(long), &Type::String).unwrap();
        assert_eq!(decode(&bytes, &Type::String), Ok(Value::Unknown(cut)));
        let number = "9".repeat(3000).parse().unwrap();
        let long = Refinement { lower: Some(Bound { number, inclusive: true }), ..Refinement::NONE };
        assert_eq!(encode(&Value::Unknown(long), &Type::Number).unwrap(), hex("d40000"));
    }

    #[test]
    fn objects_have_all_attributes_and_no_other() {
        let ty = Type::object([
            ("any", Type::Dynamic),
            ("hosts", Type::list(Type::String)),
            ("id", Type::String),
            ("pair", Type::Tuple(vec![Type::Bool, Type::Number])),
            ("ports", Type::set(Type::Number)),
            ("tags", Type::map(Type::String)),
        ]);
        let value = Value::object([
            ("any", Value::Null),
            ("hosts", Value::List(vec!["h".into()])),
            ("id", Value::Null),
            ("pair", Value::List(vec![true.into(), 5.into()])),
            ("ports", Value::set([443.into(), 88.into(), 88.into()])),
            ("tags", Value::object([("b", Value::string("2")), ("a", Value::string("1"))])),
        ]);
        let bytes = "86 a3616e79 c0 a5686f737473 91a168 a26964 c0 a470616972 92c305 \
                     a5706f727473 9258cd01bb a474616773 82a161a131a162a132";
        check(bytes, &ty, &value);

        let ty = Type::object([("a", Type::Bool), ("b", Type::Bool)]);
        let lacking = Value::object([("a", true.into())]);
        assert_eq!(encode(&lacking, &ty).unwrap(), hex("82 a161c3 a162c0"));
        check_unfit(&Value::object([("z", Value::Null)]), &ty, "z: the schema has no attribute of this name");
        check_refused("81 a161c3", &ty, "b: the attribute is missing");
        check_refused("83 a161c3 a162c3 a17ac3", &ty, "z: the schema has no attribute of this name");
        check_refused("83 a161c3 a162c3 a161c3", &ty, "a: given twice");
    }

    #[test]
    fn dynamic_values_bring_their_type() {
        let any = Type::Dynamic;
        check("92 c40822737472696e6722 a26869", &any, &dynamic(Type::String, "hi".into()));
        check("92 c40822737472696e6722 c0", &any, &dynamic(Type::String, Value::Null));
        check("92 c40822737472696e6722 d40000", &any, &dynamic(Type::String, Value::UNKNOWN));
        check("c0", &any, &Value::Null);
        let object = dynamic(Type::object([("a", Type::Number)]), Value::object([("a", 1.into())]));
        check("92 c419 5b226f626a656374222c7b2261223a226e756d626572227d5d 81a16101", &any, &object);
        // "dynamic" within says nothing more.
        check_reads(
            "92 c409 2264796e616d696322 92 c40822737472696e6722 a26869",
            &any,
            &dynamic(Type::String, "hi".into()),
        );
        check_refused("a26869", &any, "expected a value with its type, found a string");
        check_refused("93 c0c0c0", &any, "expected a type and a value of it");
        check_refused("92 c405 22696e7422 01", &any, "expected a type in Terraform's JSON notation");
        check_unfit(&"hi".into(), &any, "expected a value with its type, found a string");
    }

    #[test]
    fn strings_are_normalised_and_valid() {
        check_reads("a3 65cc81", &Type::String, &"é".into());
        check_reads("81 a3 65cc81 c0", &Type::map(Type::String), &Value::object([("é", Value::Null)]));
        check_refused("82 a3 65cc81 c0 a2 c3a9 c0", &Type::map(Type::String), r#"["é"]: given twice"#);
        check_refused("a1 ff", &Type::String, "not valid UTF-8");
    }

    #[test]
    fn errors_name_the_element() {
        let ty = Type::object([("realm", Type::list(Type::object([("kdc", Type::map(Type::Bool))])))]);
        check_refused(
            "81 a57265616c6d 92 81a36b6463c0 81a36b6463 81a16101",
            &ty,
            r#"realm[1].kdc["a"]: expected a bool, found a number"#,
        );
        let value = Value::object([("realm", Value::List(vec![Value::object([("kdc", true.into())])]))]);
        check_unfit(&value, &ty, "realm[0].kdc: expected a map, found a bool");
        check_refused("91 01", &Type::set(Type::Bool), "expected a bool, found a number");
        let pair = Type::Tuple(vec![Type::Bool, Type::Bool]);
        check_refused("91 c3", &pair, "expected a tuple of 2 elements, found 1");
        check_refused("92 c3 01", &pair, "[1]: expected a bool, found a number");
        check_unfit(&Value::List(vec![]), &pair, "expected a tuple of 2 elements, found 0");
        check_unfit(&Value::List(vec![]), &Type::set(Type::Bool), "expected a set, found a list or tuple");
    }

    #[test]
    fn truncated_and_overlong_documents_are_refused() {
        let list = Type::list(Type::Bool);
        check_refused("", &list, "the bytes end within the value");
        check_refused("dd ffffffff c3", &list, "the bytes end within the value");
        check_refused("df ffffffff a0c3", &Type::map(Type::Bool), "the bytes end within the value");
        check_refused("db ffffffff 61", &Type::String, "the bytes end within the value");
        check_refused("c9 ffffffff 0c 80", &Type::String, "the bytes end within the value");
        check_refused("c3 c3", &Type::Bool, "bytes after the value");
        check_refused("c1", &Type::Bool, "expected a bool, found a reserved marker");
    }

    #[test]
    fn hostile_nesting_and_numbers_of_elements_are_refused() {
        let level = hex("92 c409 2264796e616d696322");
        let mut bytes = level.repeat(100_000);
        bytes.push(0xc0);
        assert!(decode(&bytes, &Type::Dynamic).unwrap_err().message().starts_with("nested more than"));

        let mut bytes = vec![0xdd, 0x00, 0x40, 0x00, 0x00];
        bytes.resize(bytes.len() + 0x40_0000, 0xc0);
        let error = decode(&bytes, &Type::list(Type::Bool)).unwrap_err();
        assert_eq!(error.message(), "more than 2097152 values");

        let mut value = Value::Null;
        for _ in 0..1000 {
            value = dynamic(Type::list(Type::Dynamic), Value::List(vec![value]));
        }
        assert!(encode(&value, &Type::Dynamic).unwrap_err().message().starts_with("nested more than"));
    }

    proptest! {
        #[test]
        fn values_survive((ty, value) in any_typed(Unknowns::Some)) {
            let bytes = encode(&value, &ty).unwrap();
            prop_assert_eq!(decode(&bytes, &ty), Ok(value));
        }

        #[test]
        fn every_truncation_is_an_error((ty, value) in any_typed(Unknowns::Some)) {
            let bytes = encode(&value, &ty).unwrap();
            for length in 0..bytes.len() {
                prop_assert!(decode(&bytes[..length], &ty).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, ty in any_type()) {
            // What is accepted can be written again, and then stays as it is.
            if let Ok(value) = decode(&bytes, &ty) {
                let again = encode(&value, &ty).unwrap();
                prop_assert_eq!(decode(&again, &ty), Ok(value));
            }
        }

        #[test]
        fn damaged_documents_never_panic(
            (ty, value) in any_typed(Unknowns::Some),
            damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = encode(&value, &ty).unwrap();
            for (place, byte) in damage {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Ok(value) = decode(&bytes, &ty) {
                prop_assert!(encode(&value, &ty).is_ok());
            }
        }
    }
}
