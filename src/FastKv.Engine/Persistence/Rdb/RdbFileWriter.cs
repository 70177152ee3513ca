using System.Globalization;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;
using FastKv.Memory;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>
/// Writes an RDB file: head, records that others make, end with its checksum. After an error it writes nothing more and keeps the errno. Control plane; one
/// thread at a time.
/// </summary>
internal sealed unsafe class RdbFileWriter(IFileStore files, string path, bool hasChecksum)
{
    /// <summary>So many bytes are passed on to the disk at a time, lest the end has to wait for all of them (rdb-save-incremental-fsync).</summary>
    private const long SyncBytes = 4 << 20;

    private int _handle = -1;
    private ulong _checksum;
    private long _unsyncedBytes;

    /// <summary>0, or the first errno.</summary>
    public int Error { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Creates the file and writes its head.</summary>
    /// <param name="version">Of the format: <see cref="RdbFormat.VersionOf"/> of what will be written.</param>
    /// <param name="usedMemoryBytes">For the field used-mem.</param>
    /// <param name="isAofBase">Whether the file is the base of an AOF.</param>
    public void Begin(int version, long usedMemoryBytes, bool isAofBase)
    {
        Error = files.Open(path, FileUse.Replace, out _handle);
        NativeBuffer head = default;
        RdbOutput.Raw(ref head, System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"REDIS{version:D4}")));
        Auxiliary(ref head, "redis-ver", ServerVersion.RedisVersion);
        Auxiliary(ref head, "redis-bits", "64");
        Auxiliary(ref head, "ctime", (DateTimeOffset.UtcNow.ToUnixTimeSeconds()).ToString(CultureInfo.InvariantCulture));
        Auxiliary(ref head, "used-mem", usedMemoryBytes.ToString(CultureInfo.InvariantCulture));
        Auxiliary(ref head, "aof-base", isAofBase ? "1" : "0");
        Write(new ReadOnlySpan<byte>(head.Data, (int)head.Length));
        head.Release();
    }

    /// <summary>Writes bytes of records.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (hasChecksum)
            _checksum = Crc64.Append(_checksum, bytes);
        while (bytes.Length > 0 && Error == 0)
        {
            Error = files.Write(_handle, bytes, out int written);
            bytes = bytes[written..];
            Bytes += written;
            _unsyncedBytes += written;
        }
        if (_unsyncedBytes < SyncBytes || Error != 0)
            return;
        _unsyncedBytes = 0;
        Error = files.Sync(_handle);
    }

    /// <summary>Writes the end, makes all of it durable and closes the file.</summary>
    public void End()
    {
        Span<byte> end = stackalloc byte[1 + sizeof(ulong)];
        end[0] = (byte)RdbOpcode.End;
        Write(end[..1]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(end[1..], hasChecksum ? _checksum : 0);
        Write(end[1..]);
        if (Error == 0)
            Error = files.Sync(_handle);
        Close();
    }

    /// <summary>Closes the file as it is.</summary>
    public void Close()
    {
        if (_handle < 0)
            return;
        int error = files.Close(_handle);
        if (Error == 0)
            Error = error;
        _handle = -1;
    }

    private static void Auxiliary(ref NativeBuffer output, string name, string value)
    {
        RdbOutput.Byte(ref output, (int)RdbOpcode.Auxiliary);
        RdbOutput.String(ref output, System.Text.Encoding.ASCII.GetBytes(name), null);
        RdbOutput.String(ref output, System.Text.Encoding.ASCII.GetBytes(value), null);
    }
}
