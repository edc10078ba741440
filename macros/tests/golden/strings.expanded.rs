#[allow(non_upper_case_globals)]
const _: () = {
    #[diagnostic::do_not_recommend]
    impl ::runtime::__private::Schema for Kind {
        const SHAPE: ::runtime::__private::Shape = ::runtime::__private::Shape {
            kind: ::runtime::__private::Kind::String(::runtime::__private::StringRules {
                values: &["normal", "service-account"],
                ..::runtime::__private::StringRules::ANY
            }),
            nullable: false,
        };
    }
};
