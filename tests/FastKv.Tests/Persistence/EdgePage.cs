using System.Runtime.InteropServices;

namespace FastKv.Tests.Persistence;

/// <summary>Memory whose end is the end of what may be read: a byte behind it ends the process.</summary>
internal sealed unsafe partial class EdgePage : IDisposable
{
    private const int PageBytes = 4096;
    private readonly byte* _start;
    private readonly nuint _bytes;

    public EdgePage(int bytesMax)
    {
        _bytes = (nuint)((bytesMax + PageBytes - 1) / PageBytes * PageBytes);
        _start = (byte*)mmap(0, _bytes + PageBytes, 3, 0x22, -1, 0);
        if (_start == (byte*)-1 || mprotect((nint)(_start + _bytes), PageBytes, 0) != 0)
            throw new OutOfMemoryException();
    }

    /// <summary>Copies bytes so that they end there.</summary>
    public byte* Place(ReadOnlySpan<byte> bytes)
    {
        byte* to = _start + _bytes - bytes.Length;
        bytes.CopyTo(new Span<byte>(to, bytes.Length));
        return to;
    }

    public void Dispose() => _ = munmap((nint)_start, _bytes + PageBytes);

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
}
