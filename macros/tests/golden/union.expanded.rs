#[allow(non_upper_case_globals)]
const _: () = {
    const _One: ::runtime::__private::Shape = <String as ::runtime::__private::Schema>::SHAPE
        .min_length(1u32);
    const _: () = ::runtime::__private::check(
        <String as ::runtime::__private::Schema>::SHAPE.is_string(),
        "`min_length` of `One` is a rule for strings, but the type is `String`\nnote: write `min` and `max` for a number, `min_items` and `max_items` for an array",
    );
    const _Several: ::runtime::__private::Shape = <Vec<
        String,
    > as ::runtime::__private::Schema>::SHAPE;
    #[diagnostic::do_not_recommend]
    impl ::runtime::__private::Schema for Names {
        const SHAPE: ::runtime::__private::Shape = ::runtime::__private::Shape {
            kind: ::runtime::__private::Kind::OneOf(&[_One, _Several]),
            nullable: false,
        };
    }
};
