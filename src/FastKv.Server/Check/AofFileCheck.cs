using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Server.Check;

/// <summary>
/// Checks one file of an AOF and cuts it, in the words of <c>redis-check-aof</c>. O(bytes); the memory is that of the largest value. Control plane.
/// </summary>
internal sealed unsafe class AofFileCheck(AofCheckOptions options, CheckStreams streams)
{
    private const int RdbHeaderBytes = 8;
    private const int HeaderLineBytes = 256;

    private readonly AofCheckOptions _options = options;
    private readonly CheckStreams _streams = streams;

    /// <summary>Lines of all files so far.</summary>
    public long Lines { get; set; } = 1;

    /// <summary>Whether a file begins as an RDB file; null: it cannot be opened.</summary>
    public static bool? IsRdb(string path)
    {
        if (SystemFiles.Instance.OpenForReading(ConfigText.ToPath(path), out var file) != FileErrors.None)
            return null;
        using (file)
            return file!.Length >= RdbHeaderBytes && RdbFormat.IsMagic(new ReadOnlySpan<byte>(file.Data, RdbHeaderBytes));
    }

    /// <summary>Why a file cannot be opened.</summary>
    public static string ReasonOf(string path)
    {
        int error = SystemFiles.Instance.OpenForReading(ConfigText.ToPath(path), out var file);
        file?.Dispose();
        return FileErrors.TextOf(error);
    }

    /// <summary>What the first line of a file says; of a file that cannot be opened nothing.</summary>
    public static AofUnits HeaderOf(string path)
    {
        if (SystemFiles.Instance.OpenForReading(ConfigText.ToPath(path), out var file) != FileErrors.None)
            return AofUnits.Walk(null, 0);
        using (file)
        {
            long line = new ReadOnlySpan<byte>(file!.Data, (int)Math.Min(file.Length, HeaderLineBytes)).IndexOf((byte)'\n') + 1;
            return AofUnits.Walk(file.Data, line);
        }
    }

    /// <summary>Checks a file.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="isLast">Whether it may be cut.</param>
    /// <param name="isRdb">Whether an RDB file stands in front.</param>
    public AofVerdict Check(string name, string path, bool isLast, bool isRdb)
    {
        int error = SystemFiles.Instance.OpenForReading(ConfigText.ToPath(path), out var file);
        if (error != FileErrors.None)
            return Fail($"Cannot open file {path}: {FileErrors.TextOf(error)}, aborting...");
        long cut;
        long length;
        AofScanEnd end;
        using (file)
        {
            length = file!.Length;
            if (length == 0)
                return AofVerdict.Empty;
            long from = 0;
            if (isRdb && !TryPreamble(file, name, out from))
                return AofVerdict.Failed;
            end = Scan(file, name, path, from, out cut);
            if (end == AofScanEnd.Stopped && CommandCheck.FirstRefusal(name, file.Data, from, cut) is { } refusal)
                return Fail(refusal);
        }
        switch (end)
        {
            case AofScanEnd.BadTimestamp:
                return Fail("Invalid timestamp annotation");
            case AofScanEnd.AtTimestamp:
                return CutToTimestamp(name, path, isLast, cut);
        }
        if (cut == length && _options.UntilSeconds != 0)
        {
            SayNothingToCut(name);
            return AofVerdict.Valid;
        }
        SayAnalyzed(name, length, cut, Lines);
        if (cut == length)
            return AofVerdict.Valid;
        if (!_options.Fix)
            return Fail($"AOF {name} is not valid. Use the --fix option to try fixing it.");
        if (!isLast)
            return Fail($"Failed to truncate AOF {name} because it is not the last file");
        if (HeaderOf(path) is { Shards: > 1 } header)
            _streams.Output.Write($"AOF {name} is one of {header.Shards} that belong together: fix the manifest to cut them all to the same instant\n");
        SayShrinking(name, length, cut);
        return Confirm() && TryCut(name, path, cut) ? AofVerdict.Truncated : AofVerdict.Failed;
    }

    public void SayAnalyzed(string name, long length, long cut, long lines) =>
        _streams.Output.Write($"AOF analyzed: filename={name}, size={length}, ok_up_to={cut}, ok_up_to_line={lines}, diff={length - cut}\n");

    public void SayShrinking(string name, long length, long cut) =>
        _streams.Output.Write($"This will shrink the AOF {name} from {length} bytes, with {length - cut} bytes, to {cut} bytes\n");

    public void SayNothingToCut(string name) => _streams.Output.Write($"Truncate nothing in AOF {name} to timestamp {_options.UntilSeconds}\n");

    /// <summary>Says what is wrong where a scan stopped.</summary>
    public void SayStop(in AofScan scan, string name)
    {
        if (scan.IsForeign)
            _streams.Output.Write($"AOF {name} format error\n");
        if (scan.Error.Length > 0)
            _streams.Output.Write(scan.Error + "\n");
    }

    /// <summary>Asks whether to go on.</summary>
    public bool Confirm()
    {
        _streams.Output.Write("Continue? [y/N]: ");
        _streams.Output.Flush();
        if (_streams.Input.Read() is 'y' or 'Y')
            return true;
        _streams.Output.Write("Aborting...\n");
        return false;
    }

    /// <summary>Cuts a file, durably.</summary>
    public bool TryCut(string name, string path, long cut)
    {
        if (Cut(path, cut))
        {
            _streams.Output.Write($"Successfully truncated AOF {name}\n");
            return true;
        }
        _streams.Output.Write($"Failed to truncate AOF {name}\n");
        return false;
    }

    /// <summary>Cuts a file to a time, durably.</summary>
    public bool TryCutToTimestamp(string name, string path, long cut)
    {
        bool isCut = Cut(path, cut);
        _streams.Output.Write($"{(isCut ? "Successfully truncated" : "Failed to truncate")} AOF {name} to timestamp {_options.UntilSeconds}\n");
        return isCut;
    }

    private static bool Cut(string path, long cut)
    {
        if (SystemFiles.Instance.OpenForWriting(ConfigText.ToPath(path), append: true, out var file) != FileErrors.None)
            return false;
        using (file)
            return file!.SetLength(cut) == FileErrors.None && file.Sync() == FileErrors.None;
    }

    private bool TryPreamble(IInputFile file, string name, out long end)
    {
        var check = new RdbCheck(_streams.Output);
        bool isSound = check.Run(file, name);
        end = check.EndOffset;
        _streams.Output.Write(isSound ? "RDB preamble is OK, proceeding with AOF tail...\n" : "RDB preamble of AOF file is not sane, aborting.\n");
        return isSound;
    }

    private AofScanEnd Scan(IInputFile file, string name, string path, long from, out long cut)
    {
        var scan = new AofScan(file.Data, file.Length, path) { Lines = Lines };
        var end = scan.Run(from, _options.UntilSeconds);
        Lines = scan.Lines;
        cut = end == AofScanEnd.AtTimestamp ? scan.TimestampOffset : scan.ValidBytes;
        if (end != AofScanEnd.Stopped)
            return end;
        SayStop(scan, name);

        // What Redis's tool lets pass, the server may not: an annotation without its end, for one.
        long loadable = from + AofUnits.Walk(file.Data + from, file.Length - from).ValidBytes;
        if (loadable < cut)
        {
            _streams.Output.Write($"AOF {name} can be loaded up to offset {loadable} only\n");
            cut = loadable;
        }
        return end;
    }

    private AofVerdict CutToTimestamp(string name, string path, bool isLast, long cut)
    {
        long seconds = _options.UntilSeconds;
        if (cut == 0)
            return Fail($"AOF {path} has nothing before timestamp {seconds}, aborting...");
        if (!isLast)
        {
            return Fail($"Failed to truncate AOF {path} to timestamp {seconds} to offset {cut} because it is not the last file.\n"
                + "If you insist, please delete all files after this file according to the manifest file and delete the corresponding records in manifest "
                + "file manually. Then re-run redis-check-aof.");
        }
        return TryCutToTimestamp(name, path, cut) ? AofVerdict.TruncatedToTimestamp : AofVerdict.Failed;
    }

    private AofVerdict Fail(string text)
    {
        _streams.Output.Write(text + "\n");
        return AofVerdict.Failed;
    }
}
