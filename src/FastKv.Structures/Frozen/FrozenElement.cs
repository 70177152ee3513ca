namespace FastKv.Structures;

/// <summary>What the blocks mean that <see cref="FrozenElements"/> gives. Data plane; O(1).</summary>
public static unsafe class FrozenElement
{
    /// <summary>The field of a hash.</summary>
    public static ReadOnlySpan<byte> Field(byte* element) => new FieldEntry(element).Field;

    /// <summary>The field's value.</summary>
    public static ReadOnlySpan<byte> Value(byte* element) => new FieldEntry(element).Value;

    /// <summary>When the field expires, in Unix milliseconds; 0: it does not.</summary>
    public static long ExpiryMs(byte* element) => new FieldEntry(element).ExpiryMs;

    /// <summary>The member of a set.</summary>
    public static ReadOnlySpan<byte> Member(byte* element) => SetMemberLayout.KeyOf(element);

    /// <summary>The member of a sorted set.</summary>
    public static ReadOnlySpan<byte> ScoredMember(byte* element) => Structures.ScoredMember.Member(element);

    /// <summary>Its score.</summary>
    public static double Score(byte* element) => Structures.ScoredMember.Score(element);
}
