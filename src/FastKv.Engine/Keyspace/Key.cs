using System.Runtime.CompilerServices;

namespace FastKv.Engine.Keyspace;

/// <summary>A key argument with its hash; a view of the request's bytes, valid as long as they are.</summary>
internal readonly unsafe struct Key(byte* pointer, int length, ulong hash)
{
    public readonly byte* Pointer = pointer;
    public readonly int Length = length;
    public readonly ulong Hash = hash;

    public ReadOnlySpan<byte> Span
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Pointer, Length);
    }
}
