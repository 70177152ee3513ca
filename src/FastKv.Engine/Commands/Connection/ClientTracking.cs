using FastKv.Engine.Clients;
using FastKv.Engine.Tracking;

namespace FastKv.Engine.Commands.Connection;

/// <summary>CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR: what a client with a cache of its own is told. Control plane.</summary>
internal static class ClientTracking
{
    private const CommandFlags Common = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;

    [Command("CLIENT|TRACKING", Arity = -3, Flags = Common, Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Controls server-assisted client-side caching for the connection.",
        Complexity = "O(1). Some options may introduce additional complexity.",
        Syntax = "status(ON | OFF) [REDIRECT client-id:integer] [PREFIX prefix]... [BCAST] [OPTIN] [OPTOUT] [NOLOOP]")]
    internal static void Tracking(ref CommandContext context)
    {
        if (!TryOptions(ref context, out var options))
            return;
        var client = context.Client;
        bool isOn = context.Is(2, "ON"u8);
        if (!isOn && !context.Is(2, "OFF"u8))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        if (!isOn)
        {
            client.Loop.Server.Trackers.Disable(client);
            context.Reply.Ok();
            return;
        }
        var error = CheckModes(client, options);
        if (!error.IsEmpty)
        {
            context.Reply.Error(error);
            return;
        }
        bool isBroadcast = (options.Modes & TrackingModes.Broadcast) != 0;
        if (isBroadcast && !CheckPrefixes(ref context, options.Prefixes))
            return;
        if (isBroadcast && options.Prefixes.Count == 0)
            options.Prefixes.Add([]);
        client.Loop.Server.Trackers.Enable(client, options.Modes, options.RedirectId, options.Prefixes);
        context.Reply.Ok();
    }

    [Command("CLIENT|CACHING", Arity = 3, Flags = Common, Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Instructs the server whether to track the keys in the next request.", Complexity = "O(1)", Syntax = "mode(YES | NO)")]
    internal static void Caching(ref CommandContext context)
    {
        var client = context.Client;
        if (client.Tracker is not { IsOn: true } tracker)
        {
            context.Reply.Error(Errors.CachingWithoutTracking);
            return;
        }
        bool isYes = context.Is(2, "YES"u8);
        if (!isYes && !context.Is(2, "NO"u8))
            context.Reply.Error(Errors.Syntax);
        else if (isYes && !tracker.Has(TrackingModes.OptIn))
            context.Reply.Error(Errors.CachingYesNeedsOptIn);
        else if (!isYes && !tracker.Has(TrackingModes.OptOut))
            context.Reply.Error(Errors.CachingNoNeedsOptOut);
        else
            Except(ref context, tracker);
    }

    [Command("CLIENT|GETREDIR", Arity = 2, Flags = Common, Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Returns the client ID to which the connection's tracking notifications are redirected.", Complexity = "O(1)")]
    internal static void GetRedirection(ref CommandContext context) => context.Reply.Integer(RedirectOf(context.Client));

    [Command("CLIENT|TRACKINGINFO", Arity = 2, Flags = Common, Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.2.0",
        Summary = "Returns information about server-assisted client-side caching for the connection.", Complexity = "O(1)")]
    internal static void TrackingInfo(ref CommandContext context)
    {
        var tracker = context.Client.Tracker;
        context.Reply.MapHeader(3);
        context.Reply.BulkString("flags"u8);
        ReplyFlags(ref context, tracker);
        context.Reply.BulkString("redirect"u8);
        context.Reply.Integer(RedirectOf(context.Client));
        context.Reply.BulkString("prefixes"u8);
        context.Reply.ArrayHeader(tracker?.Prefixes.Count ?? 0);
        foreach (byte[] prefix in tracker?.Prefixes ?? [])
            context.Reply.BulkString(prefix);
    }

    private static long RedirectOf(Client client) => client.Tracker is { IsOn: true } tracker ? tracker.RedirectId : -1;

    private static void Except(ref CommandContext context, Tracker tracker)
    {
        tracker.IsCachingGiven = true;
        context.Client.Gate |= ClientGate.Caching;
        context.Reply.Ok();
    }

    private static void ReplyFlags(ref CommandContext context, Tracker? tracker)
    {
        var flags = new List<string> { tracker is { IsOn: true } ? "on" : "off" };
        if (tracker is { IsOn: true })
        {
            if (tracker.Has(TrackingModes.Broadcast))
                flags.Add("bcast");
            if (tracker.Has(TrackingModes.OptIn))
                flags.Add("optin");
            if (tracker.Has(TrackingModes.OptIn) && tracker.IsCachingGiven)
                flags.Add("caching-yes");
            if (tracker.Has(TrackingModes.OptOut))
                flags.Add("optout");
            if (tracker.Has(TrackingModes.OptOut) && tracker.IsCachingGiven)
                flags.Add("caching-no");
            if (tracker.Has(TrackingModes.NoLoop))
                flags.Add("noloop");
            if (tracker.IsRedirectBroken)
                flags.Add("broken_redirect");
        }
        context.Reply.SetHeader(flags.Count);
        foreach (string flag in flags)
            context.Reply.BulkString(System.Text.Encoding.ASCII.GetBytes(flag));
    }

    private static bool TryOptions(ref CommandContext context, out Options options)
    {
        options = new Options();
        for (int i = 3; i < context.Count; i++)
        {
            bool hasMore = i + 1 < context.Count;
            if (hasMore && context.Is(i, "REDIRECT"u8))
            {
                if (!TryRedirect(ref context, ++i, ref options.RedirectId))
                    return false;
            }
            else if (hasMore && context.Is(i, "PREFIX"u8))
            {
                options.Prefixes.Add(context[++i].ToArray());
            }
            else if (ModeOf(ref context, i) is var mode && mode != TrackingModes.None)
            {
                options.Modes |= mode;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private static TrackingModes ModeOf(ref CommandContext context, int index)
    {
        if (context.Is(index, "BCAST"u8))
            return TrackingModes.Broadcast;
        if (context.Is(index, "OPTIN"u8))
            return TrackingModes.OptIn;
        if (context.Is(index, "OPTOUT"u8))
            return TrackingModes.OptOut;
        return context.Is(index, "NOLOOP"u8) ? TrackingModes.NoLoop : TrackingModes.None;
    }

    /// <summary>The client that is to be told instead has to be there now; what becomes of it later, its client is told.</summary>
    private static bool TryRedirect(ref CommandContext context, int index, ref long id)
    {
        if (id != 0)
        {
            context.Reply.Error(Errors.OneRedirect);
            return false;
        }
        if (!context.TryInteger(index, out id))
            return false;
        if (context.Client.Loop.Server.Clients.Find(id) is not null)
            return true;
        context.Reply.Error(Errors.NoSuchRedirect);
        return false;
    }

    private static ReadOnlySpan<byte> CheckModes(Client client, Options options)
    {
        var modes = options.Modes;
        var present = client.Tracker?.Modes ?? TrackingModes.None;
        bool isBroadcast = (modes & TrackingModes.Broadcast) != 0;
        if (!isBroadcast && options.Prefixes.Count > 0)
            return Errors.PrefixNeedsBroadcast;
        if ((present & TrackingModes.On) != 0 && isBroadcast != ((present & TrackingModes.Broadcast) != 0))
            return Errors.BroadcastSwitch;
        if (isBroadcast && (modes & (TrackingModes.OptIn | TrackingModes.OptOut)) != 0)
            return Errors.OptionsWithBroadcast;
        if ((modes & TrackingModes.OptIn) != 0 && (modes & TrackingModes.OptOut) != 0)
            return Errors.OptInAndOptOut;
        bool isSwitch = ((modes & TrackingModes.OptIn) != 0 && (present & TrackingModes.OptOut) != 0)
            || ((modes & TrackingModes.OptOut) != 0 && (present & TrackingModes.OptIn) != 0);
        return isSwitch ? Errors.OptionSwitch : default;
    }

    /// <summary>Whether none of the prefixes is the beginning of another one that the client has or asks for; replies the error if one is.</summary>
    private static bool CheckPrefixes(ref CommandContext context, List<byte[]> prefixes)
    {
        for (int i = 0; i < prefixes.Count; i++)
        {
            foreach (byte[] present in context.Client.Tracker?.Prefixes ?? [])
            {
                if (Overlap(prefixes[i], present))
                    return RejectOverlap(ref context, prefixes[i], "an existing prefix", present);
            }
            for (int j = i + 1; j < prefixes.Count; j++)
            {
                if (Overlap(prefixes[i], prefixes[j]))
                    return RejectOverlap(ref context, prefixes[i], "another provided prefix", prefixes[j]);
            }
        }
        return true;
    }

    private static bool Overlap(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int length = Math.Min(left.Length, right.Length);
        return left[..length].SequenceEqual(right[..length]);
    }

    private static bool RejectOverlap(ref CommandContext context, byte[] prefix, string what, byte[] other)
    {
        var latin1 = System.Text.Encoding.Latin1;
        context.Reply.Error(latin1.GetBytes(
            $"ERR Prefix '{latin1.GetString(CommandRules.Shown(prefix))}' overlaps with {what} '{latin1.GetString(CommandRules.Shown(other))}'. "
            + "Prefixes for a single client must not overlap."));
        return false;
    }

    private sealed class Options
    {
        public readonly List<byte[]> Prefixes = [];
        public TrackingModes Modes;
        public long RedirectId;
    }
}
