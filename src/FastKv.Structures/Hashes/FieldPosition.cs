namespace FastKv.Structures;

/// <summary>Where a field of a hash is, or that there is none; valid until the hash changes. Data plane.</summary>
public readonly unsafe struct FieldPosition
{
    // The field's element of a listpack, or its block; null: there is none.
    internal readonly byte* At;

    // Of the field, in a large hash.
    internal readonly ulong Hash;
    private readonly bool _isExpired;

    internal FieldPosition(byte* at, ulong hash, long expiryMs, long nowMs)
    {
        At = at;
        Hash = hash;
        _isExpired = expiryMs > 0 && expiryMs <= nowMs;
    }

    /// <summary>Whether there is such a field; one that has expired is not there, though it may still take up memory.</summary>
    public bool Exists => At != null && !_isExpired;

    /// <summary>Whether the field's time is over, and it has not been removed yet.</summary>
    public bool IsExpired => _isExpired;
}

/// <summary>Receives fields of a hash that have not expired.</summary>
public interface IFieldVisitor
{
    /// <summary>Called once per field. Must not change the hash; the spans are valid during the call.</summary>
    void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value);
}
