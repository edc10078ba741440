#[allow(non_upper_case_globals)]
const _: () = {
    const name: ::runtime::__private::Field = ::runtime::__private::Field::of::<
        String,
    >("name", "Name to sign in with.");
    const login_count: ::runtime::__private::Field = ::runtime::__private::Field {
        shape: <Option<Nullable<i64>> as ::runtime::__private::Schema>::SHAPE
            .min(::runtime::__private::Bound::Integer(0i64)),
        default: "0",
        ..::runtime::__private::Field::of::<Option<Nullable<i64>>>("loginCount", "")
    };
    const _: () = ::runtime::__private::check(
        <Option<Nullable<i64>> as ::runtime::__private::Schema>::SHAPE.is_number(),
        "`min` of `loginCount` is a rule for numbers, but the type is `Option<Nullable<i64>>`\nnote: write `min_length` and `max_length` for a string, `min_items` and `max_items` for an array",
    );
    const _: () = ::runtime::__private::check(
        ::runtime::__private::fits(
            login_count.shape,
            ::runtime::__private::Value::Integer(0i64),
        ),
        "the default `0` of `loginCount` is not a value of its type `Option<Nullable<i64>>`\nnote: write a value that the type and its rules allow",
    );
    const roles: ::runtime::__private::Field = ::runtime::__private::Field::of::<
        Vec<Role>,
    >("roles", "");
    #[diagnostic::do_not_recommend]
    impl ::runtime::__private::Schema for User {
        const SHAPE: ::runtime::__private::Shape = ::runtime::__private::Shape {
            kind: ::runtime::__private::Kind::Object {
                fields: &[name, login_count, roles],
                additional: ::runtime::__private::Additional::Open(
                    &<::runtime::__private::Json as ::runtime::__private::Schema>::SHAPE,
                ),
            },
            nullable: false,
        };
    }
};
#[allow(non_upper_case_globals)]
const _: () = {
    const name: ::runtime::__private::Field = ::runtime::__private::Field::of::<
        String,
    >("name", "");
    #[diagnostic::do_not_recommend]
    impl ::runtime::__private::Schema for Role {
        const SHAPE: ::runtime::__private::Shape = ::runtime::__private::Shape {
            kind: ::runtime::__private::Kind::Object {
                fields: &[name],
                additional: ::runtime::__private::Additional::Open(
                    &<String as ::runtime::__private::Schema>::SHAPE,
                ),
            },
            nullable: false,
        };
    }
};
