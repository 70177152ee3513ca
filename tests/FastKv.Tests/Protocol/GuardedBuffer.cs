// Memory whose last byte lies before a page that nobody may touch: reading one byte too far ends the test run with a fault.
using System.Runtime.InteropServices;
using Xunit;

namespace FastKv.Tests.Protocol;

/// <summary>Bytes placed right before an inaccessible page.</summary>
internal sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int PageBytes = 4096;
    private const int ProtectNone = 0;
    private const int ProtectReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;

    private readonly byte* _mapping;
    private readonly nuint _mappedBytes;

    public GuardedBuffer(int capacity)
    {
        Capacity = (capacity + PageBytes - 1) / PageBytes * PageBytes;
        _mappedBytes = (nuint)(Capacity + PageBytes);
        _mapping = MMap(null, _mappedBytes, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        Assert.True(_mapping != (byte*)-1);
        Assert.Equal(0, MProtect(_mapping + Capacity, PageBytes, ProtectNone));
        End = _mapping + Capacity;
    }

    public int Capacity { get; }

    /// <summary>The first byte that must not be touched.</summary>
    public byte* End { get; }

    /// <summary>Copies the bytes so that they end at <see cref="End"/>; returns where they begin.</summary>
    public byte* Place(ReadOnlySpan<byte> bytes)
    {
        byte* start = End - bytes.Length;
        bytes.CopyTo(new Span<byte>(start, bytes.Length));
        return start;
    }

    public void Dispose() => MUnmap(_mapping, _mappedBytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* MMap(byte* address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int MProtect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MUnmap(byte* address, nuint length);
}
