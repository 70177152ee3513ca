using Microsoft.Win32.SafeHandles;

namespace FastKv.Memory;

/// <summary>The resident memory of this process as the kernel counts it. Some microseconds per look, nothing allocated: for timers.</summary>
/// <remarks>Source: proc(5), /proc/pid/statm: sizes in pages; the second is what is resident.</remarks>
public sealed class ResidentMemory : IDisposable
{
    private const int TextBytesMax = 128;

    private readonly SafeFileHandle _file = File.OpenHandle("/proc/self/statm");

    /// <summary>Bytes resident now.</summary>
    public long Read()
    {
        Span<byte> text = stackalloc byte[TextBytesMax];
        int length = RandomAccess.Read(_file, text, 0);
        int at = text[..length].IndexOf((byte)' ') + 1;
        long pages = 0;
        for (; at > 0 && at < length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
            pages = (pages * 10) + (text[at] - '0');
        return pages * Environment.SystemPageSize;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
