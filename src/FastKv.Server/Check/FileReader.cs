using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Server.Check;

/// <summary>Makes the report on a file: once through it, one value in memory at a time. Control plane.</summary>
internal sealed unsafe class FileReader(InfoOptions options)
{
    private readonly InfoOptions _options = options;
    private readonly long _nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>Reads a file. O(bytes).</summary>
    /// <param name="path">Where it is, Latin-1 text.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="role">See <see cref="FileReport"/>.</param>
    public FileReport Read(string path, string name, string role)
    {
        string place = ConfigText.ToPath(path);
        var report = new FileReport(name, role);
        IInputFile? file = null;
        int error = Directory.Exists(place) ? FileErrors.IoError : SystemFiles.Instance.OpenForReading(place, out file);
        if (error != FileErrors.None)
        {
            report.Damage = $"cannot be opened: {FileErrors.TextOf(error)}";
            return report;
        }
        using (file)
        {
            report.Bytes = file!.Length;
            long end = 0;
            if (AofFileCheck.IsRdb(path) == true)
                end = ReadKeys(file, report);
            if (report.Damage is null && end < file.Length)
                ReadCommands(file, end, report);
        }
        return report;
    }

    private static void ReadCommands(IInputFile file, long from, FileReport report)
    {
        report.Commands = new CommandFigures();
        report.Commands.Read(file.Data, from, file.Length);
        if (report.Commands.ReadBytes < file.Length)
            report.Damage = $"can be read up to offset {report.Commands.ReadBytes} of {file.Length} only";
    }

    private long ReadKeys(IInputFile file, FileReport report)
    {
        report.Keys = new KeyStatistics(_options, _nowMs);
        using var probe = new ValueProbe();
        var walk = new RdbWalker(file.Data, file.Length, probe.Heap);
        if (!Walk(ref walk, probe, file, report))
            report.Damage = $"{RdbCheckText.OfFault(walk)}, at offset {walk.Input.FaultOffset} of {file.Length}";
        walk.Dispose();
        return walk.Input.Offset;
    }

    private bool Walk(ref RdbWalker walk, ValueProbe probe, IInputFile file, FileReport report)
    {
        if (!walk.TryOpen())
            return false;
        report.RdbVersion = walk.Version;
        while (true)
        {
            switch (walk.Next())
            {
                case RdbStep.Key:
                    if (!TryKey(ref walk, probe, report))
                        return false;
                    break;
                case RdbStep.Auxiliary:
                    report.Auxiliary.Add((KeyText.Of(walk.Name.Span), KeyText.Of(walk.Value.Span)));
                    break;
                case RdbStep.Function:
                    report.Functions++;
                    break;
                case RdbStep.ModuleAuxiliary:
                    if (!RdbSkipper.TrySkipModuleData(ref walk.Input))
                        return false;
                    break;
                case RdbStep.End:
                    return true;
                case RdbStep.Fault:
                    return false;
            }
            file.Release(walk.DoneOffset);
        }
    }

    private bool TryKey(ref RdbWalker walk, ValueProbe probe, FileReport report)
    {
        walk.Stage = RdbStage.ReadKey;
        var key = default(RdbText);
        try
        {
            if (!walk.Input.TryString(probe.Heap, ref key))
                return false;
            walk.Stage = RdbStage.ReadValue;
            if (walk.Type == RdbType.Module2)
            {
                report.ModuleKeys++;
                return RdbSkipper.TrySkipValue(ref walk.Input, walk.Type);
            }
            if (probe.TryRead(ref walk.Input, walk.Type, key.Span, walk.ExpiryMs, _nowMs, out var value))
            {
                report.Keys!.Add(walk.Database, key.Span, walk.ExpiryMs, walk.Input.Offset - walk.RecordOffset, value);
                return true;
            }
            if (walk.Input.Fault != RdbFault.EmptyKey)
                return false;
            walk.Input.Fault = RdbFault.None;
            report.EmptyKeys++;
            return true;
        }
        finally
        {
            key.Release(probe.Heap);
        }
    }
}
