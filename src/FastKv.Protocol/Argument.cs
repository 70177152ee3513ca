// Data plane. One argument of a decoded command: a window into the connection's input buffer.
namespace FastKv.Protocol;

/// <summary>Where one argument of a command lies in the input buffer. Valid until the owner of the buffer drops or moves those bytes.</summary>
public unsafe struct Argument
{
    /// <summary>First byte of the argument; never null, also when the argument is empty.</summary>
    public byte* Pointer;

    /// <summary>Length in bytes, 0 to 2^31 - 1.</summary>
    public int Length;

    /// <summary>The argument's bytes.</summary>
    public readonly ReadOnlySpan<byte> Span => new(Pointer, Length);
}
