using System.Diagnostics;
using System.Text;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;

namespace FastKv.Engine.Acl;

// Control plane. Rules as text, as ACL LIST, GETUSER, SAVE and CONFIG REWRITE show them. Of the commands only the set is known, not the rules that led to it:
// as Redis 7.0 does, the categories that come closest are named first, best one first, and then the single commands that are still wrong. Categories are
// weighed by the commands of Redis 7.0 only, so that newer ones do not change which are chosen.

/// <summary>Describes rules.</summary>
internal static class RuleText
{
    /// <summary>The version of Redis whose choice of categories is to be had.</summary>
    private static readonly Version s_weighed = new(7, 0, 15);

    private static bool[]? s_isWeighed;

    /// <summary>Everything about a user behind <c>user &lt;name&gt;</c>.</summary>
    public static string Describe(UserRules rules)
    {
        var text = new StringBuilder();
        foreach (string flag in Flags(rules))
            text.Append(flag).Append(' ');
        foreach (string password in rules.Passwords)
            text.Append('#').Append(password).Append(' ');
        text.Append(Describe(rules.Selectors[0]));
        foreach (var selector in rules.Selectors.Skip(1))
            text.Append(" (").Append(Describe(selector)).Append(')');
        return text.ToString();
    }

    /// <summary>The names of the flags that are set.</summary>
    public static List<string> Flags(UserRules rules)
    {
        var flags = new List<string> { rules.IsOn ? "on" : "off" };
        if (rules.NoPassword)
            flags.Add("nopass");
        if (rules.SanitizePayload is { } sanitize)
            flags.Add(sanitize ? "sanitize-payload" : "skip-sanitize-payload");
        return flags;
    }

    /// <summary>The patterns of keys, separated by blanks.</summary>
    public static string Keys(SelectorRules selector) => selector.AllKeys ? "~*" : string.Join(' ', selector.Keys.Select(key => key.Access switch
    {
        AclAccess.Read => "%R~",
        AclAccess.Write => "%W~",
        _ => "~",
    } + key.Pattern));

    /// <summary>The patterns of channels, separated by blanks.</summary>
    public static string Channels(SelectorRules selector) =>
        selector.AllChannels ? "&*" : string.Join(' ', selector.Channels.Select(channel => "&" + channel));

    /// <summary>The rules that lead to the selector's commands, beginning with <c>+@all</c> or <c>-@all</c>. O(categories² · commands).</summary>
    public static string Commands(SelectorRules selector)
    {
        bool isAdditive = !selector.Commands.HasFuture;
        var text = new StringBuilder(isAdditive ? "-@all" : "+@all");
        var described = new SelectorRules(allChannels: false);
        described.Apply(text.ToString());

        // What the categories named so far have not dealt with.
        var rest = new SelectorRules(allChannels: false);
        rest.Commands.Copy(selector.Commands);
        var left = CommandNames.Categories.ToList();
        while (Closest(rest.Commands, left, isAdditive) is var best && best >= 0)
        {
            var (category, name) = left[best];
            text.Append(isAdditive ? " +@" : " -@").Append(name);
            described.Change(category, isAdditive);
            rest.Change(category, !isAdditive);
            left.RemoveAt(best);
        }
        foreach (var command in CommandTable.All)
        {
            if (command.Parent is null)
                DescribeOne(command, selector, described, text);
        }
        Debug.Assert(described.Commands.Same(selector.Commands), "the text says what the set holds");
        return text.ToString();
    }

    private static string Describe(SelectorRules selector)
    {
        string keys = Keys(selector);
        string channels = Channels(selector);
        if (!selector.AllChannels)
            channels = channels.Length == 0 ? "resetchannels" : "resetchannels " + channels;
        return (keys.Length == 0 ? "" : keys + " ") + channels + " " + Commands(selector);
    }

    /// <summary>Index of the category that has more of what is looked for than of the opposite, and least of that; −1: there is none.</summary>
    private static int Closest(CommandSet commands, List<(AclCategories Category, string Name)> categories, bool isAdditive)
    {
        bool[] isWeighed = s_isWeighed ??= WeighedCommands();
        int best = -1, bestDifferent = int.MaxValue, bestSame = 0;
        for (int i = 0; i < categories.Count; i++)
        {
            int same = 0, different = 0;
            foreach (var command in CommandTable.All)
            {
                if ((command.Categories & categories[i].Category) == 0 || !isWeighed[command.Id])
                    continue;
                if (commands[command.Id] == isAdditive)
                    same++;
                else
                    different++;
            }
            if (same > different && (different < bestDifferent || (different == bestDifferent && same > bestSame)))
                (best, bestDifferent, bestSame) = (i, different, same);
        }
        return best;
    }

    private static void DescribeOne(CommandDescriptor command, SelectorRules selector, SelectorRules described, StringBuilder text)
    {
        bool isPermitted = selector.Commands[command.Id];
        if (described.Commands[command.Id] != isPermitted)
        {
            text.Append(isPermitted ? " +" : " -").Append(command.Name);
            described.Change(command, isPermitted);
        }
        foreach (var subcommand in command.Subcommands)
            DescribeOne(subcommand, selector, described, text);
        if (isPermitted || !selector.FirstArguments.TryGetValue(command.Id, out var arguments))
            return;
        foreach (string argument in arguments)
            text.Append(" +").Append(command.Name).Append('|').Append(argument);
    }

    private static bool[] WeighedCommands() =>
        [.. CommandTable.All.Select(command => !Version.TryParse(command.Docs.Since, out var since) || since <= s_weighed)];
}
