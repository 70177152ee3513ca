using System.Text;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Server.Check;

/// <summary>
/// Checks an RDB file, or the one that an AOF begins with, and says so as <c>redis-check-rdb</c> does: every value is made and freed again. The memory is that
/// of the largest value, the time O(bytes). Control plane.
/// </summary>
internal sealed unsafe class RdbCheck(TextWriter output)
{
    /// <summary>Redis's bound for a message.</summary>
    private const int MessageCharsMax = 1023;

    private const int ModuleNameChars = 9;
    private const int ModuleVersionBits = 10;
    private const string ModuleAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly TextWriter _output = output;
    private readonly long _nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private long _keys, _expiries, _expired, _empty;
    private string? _key;

    // Redis's first word on a type is "type 0", before there was any.
    private int _type;

    /// <summary>Bytes of the file up to its end mark and checksum; after a check that found it sound.</summary>
    public long EndOffset { get; private set; }

    /// <summary>Checks a file; false: it is damaged, which was said.</summary>
    /// <param name="file">The file; null: one that cannot be read, which counts as empty.</param>
    /// <param name="name">What it is called.</param>
    public bool Run(IInputFile? file, string name)
    {
        Say(0, $"Checking RDB file {name}");
        using var probe = new ValueProbe();
        var walk = new RdbWalker(file is null ? null : file.Data, file?.Length ?? 0, probe.Heap);
        bool isSound = Walk(ref walk, probe, file);
        walk.Dispose();
        if (isSound)
        {
            EndOffset = walk.Input.Offset;
            Say(EndOffset, "\\o/ RDB looks OK! \\o/");
        }
        else
        {
            SayFault(walk);
        }
        _output.Write($"[info] {_keys} keys read\n[info] {_expiries} expires\n[info] {_expired} already expired\n");
        if (_empty > 0)
            _output.Write($"[info] {_empty} empty collections, which are passed over in loading\n");
        return isSound;
    }

    /// <summary>A string as C prints it: up to a zero byte.</summary>
    internal static string ToText(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static string ModuleNameOf(ulong module)
    {
        Span<char> name = stackalloc char[ModuleNameChars];
        module >>= ModuleVersionBits;
        for (int i = ModuleNameChars - 1; i >= 0; i--, module >>= 6)
            name[i] = ModuleAlphabet[(int)(module & 63)];
        return new string(name);
    }

    private bool Walk(ref RdbWalker walk, ValueProbe probe, IInputFile? file)
    {
        if (!walk.TryOpen())
            return false;
        while (true)
        {
            switch (walk.Next())
            {
                case RdbStep.Key:
                    if (!TryKey(ref walk, probe))
                        return false;
                    break;
                case RdbStep.Auxiliary:
                    Say(walk.Input.Offset, $"AUX FIELD {ToText(walk.Name.Span)} = '{ToText(walk.Value.Span)}'");
                    break;
                case RdbStep.SelectDatabase:
                    Say(walk.Input.Offset, $"Selecting DB ID {walk.Database}");
                    break;
                case RdbStep.ModuleAuxiliary:
                    Say(walk.Input.Offset, $"MODULE AUX for: {ModuleNameOf(walk.Module)}");
                    if (!RdbSkipper.TrySkipModuleData(ref walk.Input))
                        return false;
                    break;
                case RdbStep.End:
                    if (walk.Stage == RdbStage.Checksum)
                    {
                        Say(walk.Input.Offset, walk.HasChecksum
                            ? "Checksum OK"
                            : "RDB file was saved with checksum disabled: no check performed.");
                    }
                    return true;
                case RdbStep.Fault:
                    return false;
            }
            file!.Release(walk.DoneOffset);
        }
    }

    private bool TryKey(ref RdbWalker walk, ValueProbe probe)
    {
        _type = (int)walk.Type;
        walk.Stage = RdbStage.ReadKey;
        var key = default(RdbText);
        try
        {
            if (!walk.Input.TryString(probe.Heap, ref key))
                return false;
            _keys++;
            walk.Stage = RdbStage.ReadValue;
            if (!TryValue(ref walk, probe, key.Span))
            {
                _key = ToText(key.Span);
                return false;
            }
        }
        finally
        {
            key.Release(probe.Heap);
        }
        if (walk.ExpiryMs != -1)
        {
            _expiries++;
            _expired += walk.ExpiryMs < _nowMs ? 1 : 0;
        }
        _type = -1;
        return true;
    }

    private bool TryValue(ref RdbWalker walk, ValueProbe probe, scoped ReadOnlySpan<byte> key)
    {
        if (walk.Type == RdbType.Module2)
            return RdbSkipper.TrySkipValue(ref walk.Input, walk.Type);
        if (probe.TryRead(ref walk.Input, walk.Type, key, walk.ExpiryMs, nowMs: 0, out _))
            return true;
        if (walk.Input.Fault != RdbFault.EmptyKey)
            return false;
        _empty++;
        walk.Input.Fault = RdbFault.None;
        return true;
    }

    private void SayFault(in RdbWalker walk)
    {
        _output.Write("--- RDB ERROR DETECTED ---\n");
        Say(walk.Input.FaultOffset, RdbCheckText.OfFault(walk));
        _output.Write($"[additional info] While doing: {RdbCheckText.Of(walk.Stage)}\n");
        if (_key is not null)
            _output.Write($"[additional info] Reading key '{_key}'\n");
        if (_type != -1)
            _output.Write($"[additional info] Reading type {_type} ({RdbCheckText.Of(_type)})\n");
    }

    private void Say(long offset, string text) => _output.Write($"[offset {offset}] {(text.Length > MessageCharsMax ? text[..MessageCharsMax] : text)}\n");
}
