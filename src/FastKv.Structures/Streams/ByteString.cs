namespace FastKv.Structures;

/// <summary>
/// Bytes somewhere in native memory. Laid out like an argument of a command, so that a command's arguments can be passed on as they stand. Data plane.
/// </summary>
public unsafe struct ByteString
{
    /// <summary>The first byte.</summary>
    public byte* Pointer;

    /// <summary>Number of bytes.</summary>
    public int Length;

    /// <summary>The bytes.</summary>
    public readonly ReadOnlySpan<byte> Span => new(Pointer, Length);
}
