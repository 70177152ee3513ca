using FastKv.Engine.Configuration;

namespace FastKv.Engine.Clients;

/// <summary>client-output-buffer-limit: a hard limit at once, a soft one when it lasts.</summary>
internal static class OutputLimits
{
    /// <summary>Whether the client must be closed for what it has not read.</summary>
    public static bool IsExceeded(Client client, ServerOptions options, long nowMs)
    {
        var limit = options.ClientOutputBufferLimits[(int)client.OutputClass];
        if (limit.HardBytes == 0 && limit.SoftBytes == 0)
            return false;
        ulong pending = (ulong)(client.Connection.Output.Length + client.HeldBytes);
        if (limit.HardBytes != 0 && pending >= limit.HardBytes)
            return true;
        if (limit.SoftBytes == 0 || pending < limit.SoftBytes)
        {
            client.OutputSoftLimitSinceMs = 0;
            return false;
        }
        if (client.OutputSoftLimitSinceMs == 0)
        {
            client.OutputSoftLimitSinceMs = nowMs;
            return false;
        }
        return nowMs - client.OutputSoftLimitSinceMs > limit.SoftSeconds * 1000L;
    }
}
