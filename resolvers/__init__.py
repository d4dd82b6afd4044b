"""Operations: one plain async function per verb, each telling its whole story."""
