using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. The payload of DUMP and RESTORE:
//
//   | type u8 | value | version u16 | CRC-64 of all before |

/// <summary>Writer and buffer of a partition's DUMPs; whoever runs the partition uses it.</summary>
internal sealed unsafe class DumpWorkspace : IDisposable
{
    // A larger buffer is not kept for the next value.
    private const long KeptBytesMax = 1 << 20;

    private readonly RdbValueWriter _writer = new();
    private NativeBuffer _payload;

    /// <summary>Serialises a value as a whole. O(bytes).</summary>
    /// <returns>The payload's length; its bytes are at <see cref="Payload"/> until <see cref="Reset"/>.</returns>
    public long Serialize(ValueHeap values, EntryRef entry, bool compress)
    {
        _payload.Length = 0;
        RdbType type = RdbValueWriter.TypeOf(entry);
        RdbOutput.Byte(ref _payload, (int)type);
        _writer.Begin(values, entry, compress);
        _writer.Finish(ref _payload);
        _payload.EnsureFree(RdbFormat.DumpFooterBytes);
        Unsafe.WriteUnaligned(_payload.Data + _payload.Length, (ushort)RdbFormat.VersionOf(type));
        _payload.Length += sizeof(ushort);
        RdbOutput.Int64(ref _payload, (long)Crc64.Append(0, _payload.Data, _payload.Length));
        return _payload.Length;
    }

    /// <summary>The bytes of the last <see cref="Serialize"/>.</summary>
    public byte* Payload => _payload.Data;

    /// <summary>Gives a large buffer back.</summary>
    public void Reset()
    {
        if (_payload.AllocatedBytes > KeptBytesMax)
            _payload.Release();
    }

    /// <summary>Whether a payload has a version that can be read and, unless that is to be skipped, the right checksum. O(bytes).</summary>
    public static bool HasSoundFooter(ReadOnlySpan<byte> payload, bool skipChecksum)
    {
        if (payload.Length < RdbFormat.DumpFooterBytes)
            return false;
        var footer = payload[^RdbFormat.DumpFooterBytes..];
        if (Unsafe.ReadUnaligned<ushort>(in footer[0]) > RdbFormat.VersionMax)
            return false;
        return skipChecksum || Crc64.Append(0, payload[..^sizeof(ulong)]) == Unsafe.ReadUnaligned<ulong>(in footer[sizeof(ushort)]);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _payload.Release();
    }
}
