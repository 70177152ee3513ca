using FastKv.Tests.TestKit;

namespace FastKv.Tests.Serializability;

/// <summary>The commands of the histories.</summary>
internal enum OperationKind
{
    Get, Set, Delete, Exists, MGet, MSet, MSetNx, Rename, RenameNx, Copy, CopyReplace, DbSize, FlushAll,

    /// <summary>MULTI, some of the above, EXEC.</summary>
    Exec,

    /// <summary>WATCH and MGET of the same keys.</summary>
    WatchAndRead,

    /// <summary>As <see cref="Exec"/>, after a <see cref="WatchAndRead"/>: done only if the watched keys are still what was read.</summary>
    ExecIfUnchanged,
}

/// <summary>One command (or transaction) of a history, with what was observed: when it was sent, when its reply had arrived, and the reply.</summary>
internal sealed class Operation(OperationKind kind, int[] keys, int[] values)
{
    /// <summary>The error of RENAME without a source, among the results.</summary>
    public const int NoSuchKey = -1;

    public readonly OperationKind Kind = kind;

    /// <summary>Indices of the keys, and the values written to them; every value is written once in a run, and none is 0, which stands for "no key".</summary>
    public readonly int[] Keys = keys;
    public readonly int[] Values = values;

    public int Client;
    public long InvokedAt, RepliedAt;

    /// <summary>The reply: values of GET and MGET, counts, 0 for OK.</summary>
    public int[] Result = [];

    /// <summary>The commands of a transaction.</summary>
    public Operation[] Parts = [];

    /// <summary>What a transaction depends on.</summary>
    public Operation? Watched;

    /// <summary>EXEC replied null.</summary>
    public bool IsRefused;

    /// <summary>The operations of the same pipeline that the server must run before this one: a bit for each index of the round.</summary>
    public ulong PipelinedBefore;

    /// <summary>The commands that are sent for it.</summary>
    public string[][] Commands(string[] names) => Kind switch
    {
        OperationKind.Exec or OperationKind.ExecIfUnchanged => [["MULTI"], .. Parts.Select(part => part.Arguments(names)), ["EXEC"]],
        OperationKind.WatchAndRead => [["WATCH", .. Keys.Select(key => names[key])], ["MGET", .. Keys.Select(key => names[key])]],
        _ => [Arguments(names)],
    };

    /// <summary>The arguments of an operation that is one command.</summary>
    private string[] Arguments(string[] names)
    {
        string[] keys = Array.ConvertAll(Keys, key => names[key]);
        return Kind switch
        {
            OperationKind.Get => ["GET", .. keys],
            OperationKind.Set => ["SET", keys[0], Values[0].ToString()],
            OperationKind.Delete => ["DEL", .. keys],
            OperationKind.Exists => ["EXISTS", .. keys],
            OperationKind.MGet => ["MGET", .. keys],
            OperationKind.MSet => ["MSET", .. Pairs(keys)],
            OperationKind.MSetNx => ["MSETNX", .. Pairs(keys)],
            OperationKind.Rename => ["RENAME", .. keys],
            OperationKind.RenameNx => ["RENAMENX", .. keys],
            OperationKind.Copy => ["COPY", .. keys],
            OperationKind.CopyReplace => ["COPY", .. keys, "REPLACE"],
            OperationKind.DbSize => ["DBSIZE"],
            _ => ["FLUSHALL"],
        };
    }

    /// <summary>Notes the reply of the last command; those before it said OK or QUEUED.</summary>
    public void Complete(RespFrame reply, long now)
    {
        RepliedAt = now;
        if (Kind is OperationKind.Exec or OperationKind.ExecIfUnchanged)
        {
            IsRefused = reply.IsNull;
            for (int i = 0; i < Parts.Length && !IsRefused; i++)
                Parts[i].Complete(reply.Items![i], now);
            return;
        }
        Result = reply.Items is { } items ? Array.ConvertAll(items, Number) : [Number(reply)];
    }

    /// <summary>What the command does alone: the state after it, and its reply, which is compared with the one observed.</summary>
    /// <returns>False: from this state the command would have replied something else.</returns>
    public bool TryApply(ref RoundState state)
    {
        switch (Kind)
        {
            case OperationKind.Exec:
            case OperationKind.ExecIfUnchanged:
                return IsRefused ? Watched is not null : IsUnchanged(state) && TryApplyParts(ref state);
            case OperationKind.Get:
            case OperationKind.MGet:
            case OperationKind.WatchAndRead:
                for (int i = 0; i < Keys.Length; i++)
                {
                    if (state[Keys[i]] != Result[i])
                        return false;
                }
                return true;
            case OperationKind.Set:
            case OperationKind.MSet:
                Write(ref state);
                return Result[0] == 0;
            case OperationKind.MSetNx:
                if (Keys.Length != CountAbsent(state))
                    return Result[0] == 0;
                Write(ref state);
                return Result[0] == 1;
            case OperationKind.Exists:
                return Result[0] == Keys.Length - CountAbsent(state);
            case OperationKind.Delete:
                int deleted = Keys.Length - CountAbsent(state);
                foreach (int key in Keys)
                    state[key] = 0;
                return Result[0] == deleted;
            case OperationKind.DbSize:
                return Result[0] == state.Count;
            case OperationKind.FlushAll:
                state = default;
                return Result[0] == 0;
            default:
                return TryMoveOrCopy(ref state);
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string[] names = [.. Enumerable.Range(0, RoundState.KeysMax).Select(i => "k" + i)];
        string results = IsRefused ? "refused" : string.Join(" | ", (Parts.Length == 0 ? [this] : Parts).Select(part => string.Join(' ', part.Result)));
        return $"client {Client}: {string.Join("; ", Commands(names).Select(c => string.Join(' ', c)))} -> {results}   [{InvokedAt}, {RepliedAt}]";
    }

    private bool IsUnchanged(in RoundState state)
    {
        for (int i = 0; Watched is not null && i < Watched.Keys.Length; i++)
        {
            if (state[Watched.Keys[i]] != Watched.Result[i])
                return false;
        }
        return true;
    }

    private bool TryApplyParts(ref RoundState state)
    {
        foreach (Operation part in Parts)
        {
            if (!part.TryApply(ref state))
                return false;
        }
        return true;
    }

    private static int Number(RespFrame frame)
    {
        if (frame.IsNull)
            return 0;
        if (frame.IsError)
            return frame.Text == "ERR no such key" ? NoSuchKey : throw new InvalidOperationException("unexpected reply: " + frame.Text);
        return frame.Text == "OK" ? 0 : (int)frame.Integer;
    }

    private bool TryMoveOrCopy(ref RoundState state)
    {
        bool isCopy = Kind is OperationKind.Copy or OperationKind.CopyReplace;
        bool overwrites = Kind is OperationKind.Rename or OperationKind.CopyReplace;
        int source = state[Keys[0]];
        if (source == 0)
            return Result[0] == (isCopy ? 0 : NoSuchKey);
        if (!overwrites && state[Keys[1]] != 0)
            return Result[0] == 0;
        if (!isCopy)
            state[Keys[0]] = 0;
        state[Keys[1]] = source;
        return Result[0] == (Kind == OperationKind.Rename ? 0 : 1);
    }

    private int CountAbsent(in RoundState state)
    {
        int absent = 0;
        foreach (int key in Keys)
            absent += state[key] == 0 ? 1 : 0;
        return absent;
    }

    private void Write(ref RoundState state)
    {
        for (int i = 0; i < Keys.Length; i++)
            state[Keys[i]] = Values[i];
    }

    private IEnumerable<string> Pairs(string[] keys) => keys.SelectMany((key, i) => new[] { key, Values[i].ToString() });
}
