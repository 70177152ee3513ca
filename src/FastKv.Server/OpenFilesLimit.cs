// maxclients needs descriptors (control plane): the limit of open files is raised to maxclients and a reserve for the server's own
// files, or maxclients lowered to what the limit leaves.
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;

namespace FastKv.Server;

/// <summary>Brings <c>maxclients</c> and the limit of open files together.</summary>
internal static class OpenFilesLimit
{
    /// <summary>Descriptors that are not clients: listeners, rings, files.</summary>
    internal const ulong Reserve = 32;

    /// <summary>Raises the limit, or lowers maxclients and says so. False when not even one client is possible.</summary>
    internal static bool Adjust(ServerOptions options, ServerLog log)
    {
        ulong wanted = (ulong)options.MaxClients + Reserve;
        if (!ProcessCalls.TryGetOpenFilesLimit(out ulong soft, out ulong hard))
        {
            log.Warning($"Unable to obtain the current NOFILE limit, assuming 1024 and setting the max clients configuration accordingly.");
            options.MaxClients = 1024 - (long)Reserve;
            return true;
        }
        if (soft >= wanted)
            return true;
        ulong best = RaiseTo(wanted, soft, hard, out string? refusal);
        if (best >= wanted)
        {
            log.Notice($"Increased maximum number of open files to {wanted} (it was originally set to {soft}).");
            return true;
        }
        return Lower(options, log, wanted, best, refusal);
    }

    /// <summary>
    /// The highest limit the system grants up to the one wanted, and why it granted no more. A privileged process may raise the hard
    /// limit too, others may go up to it.
    /// </summary>
    private static ulong RaiseTo(ulong wanted, ulong soft, ulong hard, out string? refusal)
    {
        refusal = ProcessCalls.SetOpenFilesLimit(wanted, Math.Max(wanted, hard));
        if (refusal is null)
            return wanted;
        ulong reachable = Math.Min(wanted, hard);
        return reachable > soft && ProcessCalls.SetOpenFilesLimit(reachable, hard) is null ? reachable : soft;
    }

    private static bool Lower(ServerOptions options, ServerLog log, ulong wanted, ulong best, string? refusal)
    {
        long before = options.MaxClients;
        if (best <= Reserve)
        {
            log.Warning($"Your current 'ulimit -n' of {best} is not enough for the server to start. Please increase your open file limit to at least "
                + $"{wanted}. Exiting.");
            return false;
        }
        options.MaxClients = (long)(best - Reserve);
        log.Warning($"You requested maxclients of {before} requiring at least {wanted} max file descriptors.");
        log.Warning($"Server can't set maximum open files to {wanted} because of OS error: {refusal}.");
        log.Warning($"Current maximum open files is {best}. maxclients has been reduced to {options.MaxClients} to compensate for low ulimit. "
            + "If you need higher maxclients increase 'ulimit -n'.");
        return true;
    }
}
